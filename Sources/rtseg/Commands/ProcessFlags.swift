import ArgumentParser
import Foundation
import SegmentationTraining

/// On how many processes a run trains.
struct ProcessFlags: ParsableArguments {
  @Option(
    help: """
      The processes of this machine that share each batch. By default there is one for each CUDA device, or one on the CPU.
      """) var processes: Int?
  @Option(
    help: ArgumentHelp(
      "How long one process waits for another before the run ends (default: \(Self.defaultTimeout)).",
      valueName: "seconds"))
  var processTimeout: Int?

  /// Enough for the first process to look through a large data set, which the others wait for.
  private static let defaultTimeout = 600

  var timeout: Int { processTimeout ?? Self.defaultTimeout }

  func validate() throws {
    if let processes, !(1...1024).contains(processes) {
      throw ValidationError("--processes: expected 1 to 1024, found \(processes)")
    }
    if let processTimeout, !(1...86400).contains(processTimeout) {
      throw ValidationError("--process-timeout: expected 1 to 86400 seconds, found \(processTimeout)")
    }
  }

  /// The place that the environment gives this process among others; nil if it is alone or starts others.
  /// - Parameter isLaunched: Whether `rtseg` itself has started this process.
  func environment(isLaunched: Bool) throws -> WorkerEnvironment? {
    guard let environment = try WorkerEnvironment.find() else { return nil }
    if let processes, !isLaunched {
      throw TrainingError(
        "--processes \(processes) starts processes, but the environment says that this is one of \(environment.size) already "
          + "(RANK, WORLD_SIZE); leave --processes out, or unset these")
    }
    return environment
  }

  /// How many processes to start for a run.
  func count(_ options: TrainingOptions) throws -> Int {
    try options.processCount(processes)
  }
}
