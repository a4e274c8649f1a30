import ArgumentParser
import Foundation
import SegmentationTraining

struct Runs: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List the training runs in a folder and the folders below it.",
    discussion: """
      Examples:
        rtseg runs
        rtseg runs runs --sort score
        rtseg runs runs --json

      The states are: running (a process is training in the folder), finished, stopped (before its last epoch, as its \
      options wanted), interrupted (by a signal, or its process was killed; rtseg train --resume goes on with it), failed \
      (by an error), incomplete (it ended before it saved anything). The age is the time since a file of the run last \
      changed. A damaged folder is listed with what is wrong with it.
      """)

  @Argument(help: ArgumentHelp("The folder to look through.", valueName: "folder"), completion: .directory) var folder =
    "."
  @Option(help: "The order: score (the best first), age (the latest first) or name.") var sort = RunListing.Order.name
  @Flag(help: "Print JSON instead of the table.") var json = false

  func run() throws {
    let listing = try RunListing(below: URL(filePath: folder), order: sort)
    if json {
      print(String(decoding: try listing.json(), as: UTF8.self))
    } else if listing.runs.isEmpty {
      print("no runs in \(folder)")
    } else {
      print(listing.text(), terminator: "")
    }
  }
}

extension RunListing.Order: ExpressibleByArgument {}
