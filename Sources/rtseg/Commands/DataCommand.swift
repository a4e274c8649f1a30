import ArgumentParser
import Foundation
import SegmentationData

struct DataCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "data", abstract: "Make and check data sets.", subcommands: [])
}
