import Basics
import Files
import Foundation

extension Trainer {
  /// Trains, and keeps the manifest's word on how the run ended.
  func notingTheEnd(_ train: () throws -> TrainingSummary) throws -> TrainingSummary {
    guard world.isFirst else { return try train() }
    // A run that goes on has not ended.
    if var manifest = readManifest(), manifest.ended != nil {
      manifest.ended = nil
      try AtomicFile.write(manifest.json(), to: folder.manifest)
    }
    do {
      let summary = try train()
      note(ending(of: summary))
      return summary
    } catch {
      note(RunEnding(.failed, reason: "\(error)"))
      throw error
    }
  }

  private func ending(of summary: TrainingSummary) -> RunEnding {
    if summary.wasInterrupted { return RunEnding(.interrupted) }
    if epoch >= options.epochs, !isValidationPending { return RunEnding(.finished) }
    return RunEnding(.stopped, reason: reasonToStop)
  }

  private func note(_ ending: RunEnding) {
    guard var manifest = readManifest() else { return }
    manifest.ended = ending
    manifest.seconds = (manifest.seconds ?? 0) + (ContinuousClock.now - startTime).seconds
    do { try AtomicFile.write(manifest.json(), to: folder.manifest) } catch {
      // All that the run is worth is saved already.
      log.message("\(error); the manifest does not tell how the run ended")
    }
  }
}
