import Foundation
import SegmentationData
import SegmentationModels
import SegmentationTraining
import Synchronization
import TestSupport
import Testing
import Torch

/// Runs whose numbers leave what can be computed with.
extension TrainerTests {
  /// AdamW without warm-up at this rate: the first step is finite and makes weights of 1e30, all others are skipped.
  private func exploding(_ name: String, _ change: (inout TrainingOptions) -> Void = { _ in }) -> TrainingOptions {
    options(name) {
      $0.optimizer.learningRate = 1e30
      $0.schedule.policy = .constant
      $0.schedule.warmupEpochs = 0
      $0.epochs = 1
      change(&$0)
    }
  }

  @Test func `skipped steps leave what a run saves as it was`() throws {
    _ = try trainer(options("explosionStart"))
    let start = folder.appending(path: "explosionStart/last.pth").path
    var saved: [PickleValue] = []
    for (name, steps) in [("explosion1", 1), ("explosion3", 3)] {
      let run = try trainer(exploding(name) { $0.model.initial = start })
      run.shouldStop = { $0 == .step(steps) }
      #expect(try run.run().wasInterrupted)
      saved.append(try Checkpoint.read(from: folder.appending(path: "\(name)/last.pth")))
    }
    for key in ["state_dict", "optimizer"] as [PickleKey] {
      #expect(saved[0][key].map(Self.text) == saved[1][key].map(Self.text), "\(key)")
    }
    for key in ["average", "loss_sum", "loss_count"] as [PickleKey] {
      #expect(saved[0]["rtseg"]?[key].map(Self.text) == saved[1]["rtseg"]?[key].map(Self.text), "\(key)")
    }
    #expect(saved[1]["rtseg"]?["loss_count"]?.int == 1 && saved[1]["rtseg"]?["step"]?.int == 3)
  }

  @Test(arguments: [true, false])
  func `a last epoch of skipped steps is no success`(validates: Bool) throws {
    let name = "idle\(validates)"
    let run = try trainer(
      exploding(name) {
        $0.validation.enabled = validates
        $0.averaging.enabled = validates
      })
    let before = try weights(name)
    let found = message { try run.run() }
    #expect(found?.hasPrefix("only 1 of the last epoch's 4 steps counted") == true, "\(found ?? "")")
    #expect(found?.contains("\(name)/last.pth; try a lower optimizer.learning_rate") == true, "\(found ?? "")")
    expectEqual(try weights(name), before)
    #expect(!FileManager.default.fileExists(atPath: run.folder.bestCheckpoint.path))
  }

  /// In the epochs before the last one, validation finds out.
  @Test func `scores that are not finite end a run`() throws {
    let run = try trainer(
      exploding("nanScores") {
        $0.epochs = 2
        $0.averaging.enabled = false
      })
    let before = try weights("nanScores")
    let found = message { try run.run() }
    #expect(
      found?.hasPrefix("after step 4, the network's scores are not finite for 2 of 2 images, the first in ") == true,
      "\(found ?? "")")
    expectEqual(try weights("nanScores"), before)
    #expect(!FileManager.default.fileExists(atPath: run.folder.bestCheckpoint.path))
  }

  @Test func `no checkpoint with a number that is not finite is written`() throws {
    let run = try trainer(options("infinite"))
    let before = try weights("infinite")
    let (name, tensor) = try #require(run.model.namedState.last { $0.name.hasSuffix("running_var") })
    withoutGradients { tensor.fillInPlace(.infinity) }
    run.shouldStop = { $0 == .step(1) }
    let found = message { try run.run() }
    #expect(found?.hasPrefix("after step 1, \(name) holds values that are not finite") == true, "\(found ?? "")")
    expectEqual(try weights("infinite"), before)
    #expect(try !files(in: run.folder.url).contains { $0.hasSuffix(".tmp") })
  }

  @Test func `the evaluator says that scores are not finite`() throws {
    let run = try trainer(options("evaluator"))
    withoutGradients { run.model.parameters[0].fillInPlace(.nan) }
    let dataset = try Dataset.open(kind: "cityscapes", root: folder.appending(path: "scenes").path)
    let batches = try DataLoader.validation(
      dataset.samples(of: .val), labels: dataset.labels, options: DataOptions())
    let error = #expect(throws: ScoresNotFinite.self) {
      try Evaluator(device: .cpu).evaluate(run.model, on: batches, classNames: dataset.labels.names)
    }
    #expect(error?.images == 2 && error?.total == 2 && error?.firstFile.hasSuffix(".png") == true)
  }
}
