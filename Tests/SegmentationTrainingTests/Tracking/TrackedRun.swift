import Foundation
import SegmentationData
import SegmentationImage
import SegmentationTraining
import Synchronization

/// A small run on a few scenes for trackers to follow, in a folder that is removed with it.
final class TrackedRun {
  private let scenes: SceneFolder
  var folder: URL { scenes.url }
  var options: TrainingOptions
  /// The lines that the run has written.
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
    scenes = try SceneFolder()
    options = scenes.options("run") {
      $0.epochs = 2
      $0.objective.terms = [LossTerm(CrossEntropyOptions()), LossTerm(DiceOptions())]
      $0.logging.stepInterval = 1
    }
  }

  func trainer(resume: Bool = false) throws -> Trainer {
    try Trainer(options: options, resume: resume) { [said] _ in
      try RunLog(columns: { nil }, output: { said.add($0) })
    }
  }

  var rows: [MetricsRow] {
    get throws { try MetricsLog(folder.appending(path: "run/metrics.jsonl")).rows() }
  }
}
