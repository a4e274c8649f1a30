import Files
import Foundation
import SegmentationData

/// The folder of a trial's run: a folder of its own, or that of the trial that it repeats if that run can be resumed.
struct TrialRun {
  let folder: String
  let options: TrainingOptions
  /// Whether the run of the repeated trial is resumed.
  let isResumed: Bool

  /// The longest time to wait for a process that is still saving its run.
  private static let patience = Duration.seconds(60)

  /// Chooses the folder.
  /// - Parameters:
  ///   - number: The trial's number.
  ///   - retrying: The number of the trial that it repeats, if it repeats one.
  ///   - options: The trial's options; the folder in them is replaced.
  ///   - output: The folder of the search.
  nonisolated(nonsending) init(
    _ number: Int, retrying: Int?, options: TrainingOptions, in output: String
  ) async throws {
    var options = options
    if let retrying {
      options.output = "\(output)/trial_\(retrying)"
      if try await Self.canGoOn(options) {
        (folder, self.options, isResumed) = (options.output, options, true)
        return
      }
    }
    options.output = "\(output)/trial_\(number)"
    (folder, self.options, isResumed) = (options.output, options, false)
  }

  /// Whether the folder holds a run with these options that no other process is working on.
  private nonisolated(nonsending) static func canGoOn(_ options: TrainingOptions) async throws -> Bool {
    let run = RunFolder.unopened(URL(filePath: options.output))
    let loader = ConfigurationLoader(defaults: TrainingOptions())
    guard FileSystem.exists(run.lastCheckpoint.path), let saved = try? loader.load(file: run.configuration) else {
      return false
    }
    var wanted = options
    wanted.data = wanted.data.located()
    wanted.distillation.checkpoint = wanted.distillation.checkpoint.map(DataOptions.absolute)
    guard loader.yaml(saved) == loader.yaml(wanted) else { return false }
    let start = ContinuousClock.now
    while ContinuousClock.now - start < patience, !InterruptFlag.isRaised {
      do { if try FileLock(run.url.appending(path: ".lock").path) != nil { return true } } catch { return true }
      try await Task.sleep(for: .milliseconds(100))
    }
    return false
  }
}
