import ArgumentParser
import Files
import Foundation
import SegmentationInference

struct Info: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show what a compiled network is.",
    discussion: """
      Examples:
        rtseg info street.rtseg
        rtseg info street.rtseg --json

      The file is one that rtseg compile wrote. All its checksums are verified.
      """)

  @Argument(
    help: ArgumentHelp("The file, NAME.rtseg.", valueName: "file"), completion: .file(extensions: ["rtseg"]))
  var file: String
  @Flag(help: "Print JSON instead of text.") var json = false

  func run() throws {
    let description = ProgramDescription(try ProgramFile(contentsOf: URL(filePath: file)))
    if json {
      print(String(decoding: try JSONEncoder.snakeCase(indented: true).encode(description), as: UTF8.self))
    } else {
      print(description.text, terminator: "")
    }
  }
}
