import Files
import Foundation
import SegmentationData

/// Where a trial runs: in a folder of its own, or in that of the trial that it repeats if that run can go on.
struct TrialRun {
  let folder: String
  let options: TrainingOptions
  /// Whether the run of the repeated trial goes on.
  let isResumed: Bool

  /// The longest wait for a process that still saves its run.
  private static let patience = Duration.seconds(60)

  /// - Parameters:
  ///   - retrying: The trial that it repeats.
  ///   - options: The trial's options but for its folder.
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

  /// Whether the folder holds a run of these options that no process works on.
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
