import Foundation
import SceneSynthesis
import SegmentationData
import SegmentationImage
import SegmentationTraining
import Synchronization

/// A small run on a few scenes for trackers to follow, in a folder that is removed with it.
final class TrackedRun {
  let folder = FileManager.default.temporaryDirectory.appending(path: "rtseg-tracked-\(UUID().uuidString)")
  var options = TrainingOptions()
  /// What the run says.
  let said = Lines()

  final class Lines: Sendable {
    private let text = Mutex("")
    func add(_ more: String) { text.withLock { $0 += more } }
    var lines: [String] { text.withLock { $0.split(separator: "\n").map(String.init) } }
  }

  /// Remembers the steps of a run.
  final class Recorder: TrainingObserver {
    var losses: [Int: Double] = [:]
    func stepEnded(_ progress: StepProgress, _ trainer: Trainer) { losses[progress.runStep] = progress.loss }
  }

  /// Two epochs of four steps.
  init() throws {
    _ = try SceneSynthesizer(size: ImageSize(height: 64, width: 96), seed: 5).write(
      10, to: folder.appending(path: "scenes"))
    options.output = folder.appending(path: "run").path
    options.epochs = 2
    options.batchSize = 2
    options.device = "cpu"
    options.threads = 1
    options.model.name = "fastscnn"
    options.objective.terms = [LossTerm(CrossEntropyOptions()), LossTerm(DiceOptions())]
    options.data.root = folder.appending(path: "scenes").path
    options.augmentation.cropSize = ImageSize(height: 64, width: 64)
    options.logging.stepInterval = 1
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  func trainer(resume: Bool = false) throws -> Trainer {
    try Trainer(options: options, resume: resume) { [said] _ in
      try RunLog(columns: { nil }, output: { said.add($0) })
    }
  }

  var rows: [MetricsRow] {
    get throws { try MetricsLog(folder.appending(path: "run/metrics.jsonl")).rows() }
  }
}
