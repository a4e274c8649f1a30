import ArgumentParser
import SegmentationTraining

/// The flags for the program's output while it trains.
struct ConsoleFlags: ParsableArguments {
  @Flag(help: "Print only warnings and the result; log.txt holds everything.") var quiet = false
  @Flag(help: "Write every message and the progress to standard error as JSON objects, one per line.")
  var jsonLog = false

  func validate() throws {
    if quiet, jsonLog { throw ValidationError("--quiet and --json-log exclude each other: give one of them") }
  }

  var style: RunLog.Style { jsonLog ? .json : quiet ? .quiet : .text }

  /// Makes errors follow the flags, too.
  func apply() { Terminal.reportsInJSON.store(jsonLog, ordering: .relaxed) }
}
