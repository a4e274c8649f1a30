import Files
import Foundation
import SceneSynthesis
import SegmentationData
import SegmentationImage
import SegmentationModels
import SegmentationTraining
import TestSupport
import Testing
import Torch

/// Runs with everything that a recipe may ask for, on a few small scenes and one thread.
@Suite(.serialized) final class RecipeTests: TrainsOnScenes {
  let scenes: SceneFolder

  init() throws { scenes = try SceneFolder() }

  private func options(_ name: String, _ change: (inout TrainingOptions) -> Void = { _ in }) -> TrainingOptions {
    scenes.options(name, change)
  }

  private func content(_ name: String) throws -> PickleValue { try Checkpoint.read(from: folder.appending(path: name)) }

  private func expectEqual(_ a: PickleValue?, _ b: PickleValue?, _ what: String) {
    #expect(a.map(TrainerTests.text) == b.map(TrainerTests.text), "\(what)")
  }

  /// A teacher for the tests that need one: a network of one epoch.
  private func makeTeacher() throws -> String {
    try trainer(
      options("teacher") {
        $0.epochs = 1; $0.model.name = "linknet-resnet18"
      }
    ).run()
    return path("teacher/last.pth")
  }

  // MARK: Resumption

  /// In the middle of an epoch, at its end, and in a validation.
  @Test func `stopping and resuming changes nothing, whatever the recipe`() throws {
    let teacher = try makeTeacher()
    _ = try trainer(options("first") { $0.model.name = "linknet-resnet18" })
    func recipe(_ name: String, _ change: (inout TrainingOptions) -> Void = { _ in }) -> TrainingOptions {
      options(name) {
        $0.model.name = "linknet-resnet18"
        $0.model.initial = path("first/last.pth")
        $0.model.frozen = [ParameterPattern("backbone.conv1.*")]
        $0.model.frozenStatistics = [ParameterPattern("backbone.bn1")]
        $0.accumulation = 3  // of four batches
        $0.averaging.enabled = true
        $0.optimizer.layerDecay = 0.9
        $0.optimizer.decayNorms = false
        $0.optimizer.clipNorm = 5
        $0.optimizer.rules = [ParameterRule("*.bias", learningRateFactor: 2)]
        $0.distillation.teacher = "linknet-resnet18"
        $0.distillation.checkpoint = teacher
        $0.distillation.kind = .channelWise
        $0.distillation.compare = .features
        $0.stopping.patience = 10
        $0.epochs = 4
        change(&$0)
      }
    }
    // The layer that distillation adds begins with random weights: both runs begin with the same.
    let whole = try trainer(recipe("whole"))
    try FileManager.default.copyItem(atPath: path("whole"), toPath: path("parts"))
    try whole.run()
    var parts = recipe("parts")
    parts.output = path("parts")
    for point in [StoppingPoint.step(2), .validation(afterStep: 3), .step(4)] {
      let part = try trainer(parts, resume: true)
      part.shouldStop = { $0 == point }
      #expect(try part.run().wasInterrupted)
    }
    #expect(try trainer(parts, resume: true).run().steps == 4)
    let (a, b) = (try content("whole/last.pth"), try content("parts/last.pth"))
    for key in ["state_dict", "optimizer", "best_score"] as [PickleKey] { expectEqual(a[key], b[key], key.text) }
    for key in ["average", "adapter", "patience", "loss_terms", "loss_sum", "step"] as [PickleKey] {
      expectEqual(a["rtseg"]?[key], b["rtseg"]?[key], key.text)
    }
    let rows = try ["whole", "parts"].map { try MetricsLog(folder.appending(path: "\($0)/metrics.jsonl")).rows() }
    #expect(rows[0].map(\.lossParts) == rows[1].map(\.lossParts))
    #expect(rows[0].compactMap(\.lossParts).first?["distillation"].map { $0 > 0 } == true)
  }

  @Test func `accumulated batches train as one large batch does`() throws {
    _ = try trainer(options("start"))
    func weights(_ name: String, batch: Int, accumulation: Int) throws -> StateDictionary {
      try trainer(
        options(name) {
          $0.epochs = 1
          $0.model.initial = path("start/last.pth")
          // Statistics of a batch would differ; the scenes have a label for every pixel.
          $0.model.frozenStatistics = [ParameterPattern("*")]
          $0.optimizer.kind = .sgd
          $0.batchSize = batch
          $0.accumulation = accumulation
          $0.objective = Self.crossEntropy
        }
      ).run()
      return try Checkpoint.readState(from: folder.appending(path: "\(name)/last.pth"))
    }
    let large = try weights("large", batch: 4, accumulation: 1)
    let small = try weights("small", batch: 2, accumulation: 2)
    let start = try Checkpoint.readState(from: folder.appending(path: "start/last.pth"))
    for (name, tensor) in large.entries where tensor.dtype.isFloatingPoint {
      let (change, difference) = ((tensor - start[name]!).abs().max().item, (tensor - small[name]!).abs().max().item)
      #expect(difference <= 1e-6 + 0.01 * change, "\(name): \(difference) of \(change)")
    }
    #expect(try content("small/last.pth")["rtseg"]?["step"]?.int == 2)
  }

  private static var crossEntropy: ObjectiveOptions {
    var options = ObjectiveOptions()
    options.terms = [LossTerm(CrossEntropyOptions())]
    return options
  }

  @Test func `frozen parts stay as they are`() throws {
    let run = try trainer(
      options("frozen") {
        $0.epochs = 1
        $0.model.frozen = [ParameterPattern("learning_to_downsample.*")]
        $0.model.frozenStatistics = [ParameterPattern("learning_to_downsample.*")]
      })
    let start = try Checkpoint.readState(from: run.folder.lastCheckpoint)
    try run.run()
    var changed = 0
    for (name, tensor) in run.model.namedState {
      if name.hasPrefix("learning_to_downsample.") {
        #expect(tensor.equals(start[name]!), "\(name)")
      } else if !tensor.equals(start[name]!) {
        changed += 1
      }
    }
    #expect(changed > 50)
  }

  // MARK: Distillation

  @Test(arguments: DistillationLoss.allCases, [DistillationOptions.Comparison.logits, .features])
  func `a student learns from a teacher of another size`(
    kind: DistillationLoss, compare: DistillationOptions.Comparison
  ) throws {
    if kind == .klDivergence, compare == .features { return }
    let teacher = try makeTeacher()
    let run = try trainer(
      options("student") {
        $0.epochs = 1
        $0.distillation.teacher = "linknet-resnet18"
        $0.distillation.checkpoint = teacher
        $0.distillation.kind = kind
        $0.distillation.compare = compare
      })
    try run.run()
    let row = try #require(MetricsLog(run.folder.metrics).rows().first { $0.loss != nil })
    let losses = try #require(row.lossParts)
    #expect(losses["distillation"].map { $0 > 0 && $0.isFinite } == true)
    #expect(abs(losses.values.reduce(0, +) - row.loss!) < 1e-5 * row.loss!)
  }

  @Test func `teachers that cannot teach are refused by name`() throws {
    let teacher = try makeTeacher()
    func refusal(_ change: (inout TrainingOptions) -> Void) -> String? {
      message {
        _ = try trainer(
          options("refused") {
            $0.distillation.teacher = "linknet-resnet18"
            $0.distillation.checkpoint = teacher
            change(&$0)
          })
      }
    }
    #expect(refusal { $0.distillation.checkpoint = "/nowhere.pth" }?.contains("no file at /nowhere.pth") == true)
    #expect(refusal { $0.distillation.checkpoint = nil }?.hasPrefix("distillation.checkpoint: expected") == true)
    #expect(refusal { $0.distillation.teacher = "linknet-resnet34" }?.contains("is of linknet-resnet18, not") == true)
    #expect(refusal { $0.distillation.compare = .features }?.contains("features are for cwd and mse") == true)
    let card = """
      root: \(path("scenes/leftImg8bit"))
      classes: [{name: lane, color: [1, 2, 3]}, {name: rest, color: [4, 5, 6]}]
      map: {7: lane, other: rest}
      splits: {train: {list: list.txt}, val: {list: list.txt}}
      """
    try Data(card.utf8).write(to: folder.appending(path: "card.yaml"))
    let samples = try Dataset.cityscapes(root: path("scenes")).samples(of: .train)
    let lines = samples.map { "\($0.image)\t\($0.mask!)" }.joined(separator: "\n")
    try Data(lines.utf8).write(to: folder.appending(path: "scenes/leftImg8bit/list.txt"))
    let other = refusal {
      $0.data.dataset = path("card.yaml")
      $0.data.root = ""
      $0.data.allowSharedFiles = true
    }
    #expect(other?.contains("was trained on other classes: the teacher has 'road' where the data has 'lane'") == true)
    #expect(!FileSystem.exists(path("refused/last.pth")))
  }

  // MARK: Stopping and checkpoints

  @Test func `a run without a better score ends early, and says so`() throws {
    let run = try trainer(
      options("patient") {
        $0.epochs = 20
        $0.stopping.patience = 2
        $0.stopping.minimumImprovement = 1
      })
    let summary = try run.run()
    #expect(!summary.wasInterrupted)
    // The first validation sets the mark, two more bring nothing.
    #expect(summary.steps == 12)
    #expect(try trainer(run.options, resume: true).run().steps == 12)
  }

  @Test func `the time of a run is limited over all its parts`() throws {
    let limited = options("timed") { $0.stopping.hours = 1e-9 }
    let summary = try trainer(limited).run()
    #expect(!summary.wasInterrupted && summary.steps == 0)
    var longer = limited
    longer.stopping.hours = 10
    #expect(try trainer(longer, resume: true).run().steps == 12)
  }

  @Test(arguments: TrainingOptions.Checkpoints.allCases)
  func `the checkpoints that are asked for are written`(checkpoints: TrainingOptions.Checkpoints) throws {
    let run = try trainer(
      options("kept") {
        $0.epochs = 1
        $0.checkpoints = checkpoints
      })
    try run.run()
    #expect(FileSystem.exists(run.folder.lastCheckpoint.path) == [.all, .last].contains(checkpoints))
    #expect(FileSystem.exists(run.folder.bestCheckpoint.path) == [.all, .best].contains(checkpoints))
    #expect(try MetricsLog(run.folder.metrics).rows().contains { $0.meanIoU != nil })
  }

  @Test func `validation begins at an epoch`() throws {
    let run = try trainer(options("late") { $0.validation.beginEpoch = 2 })
    try run.run()
    #expect(try MetricsLog(run.folder.metrics).rows().filter { $0.meanIoU != nil }.map(\.epoch) == [2, 3])
  }

  // MARK: Runs of the PyTorch reference

  @Test func `a run of the reference goes on, and a wrong one is refused`() throws {
    let run = try trainer(options("ours") { $0.schedule.cycleMomentum = true })
    run.shouldStop = { $0 == .validation(afterStep: 4) }
    try run.run()
    // Its layout is the reference's, beside what rtseg adds.
    var reference = try #require(try content("ours/last.pth").dictionary)
    let groups = try #require(reference["optimizer"]?["param_groups"]?.elements)
    for key in ["initial_lr", "max_lr", "min_lr", "max_momentum", "base_momentum"] as [PickleKey] {
      #expect(groups[0][key]?.double != nil, "\(key.text)")
    }
    reference = PickleDictionary(reference.pairs.filter { $0.key != "rtseg" })
    let file = folder.appending(path: "reference.pth")
    func write(_ change: (inout PickleDictionary) throws -> Void = { _ in }) throws {
      var content = reference
      try change(&content)
      try Checkpoint.write(.dictionary(content), to: file)
    }
    func continued(_ name: String, _ change: (inout TrainingOptions) -> Void = { _ in }) -> TrainingOptions {
      options(name) {
        $0.schedule.cycleMomentum = true
        $0.continueFrom = file.path
        change(&$0)
      }
    }
    try write()
    let next = try trainer(continued("continued"))
    #expect(next.epoch == 1 && next.step == 4)
    #expect(try next.run().steps == 12)
    try trainer(options("ours") { $0.schedule.cycleMomentum = true }, resume: true).run()
    expectEqual(try content("ours/last.pth")["state_dict"], try content("continued/last.pth")["state_dict"], "weights")
    expectEqual(try content("ours/last.pth")["optimizer"], try content("continued/last.pth")["optimizer"], "optimizer")

    func refusal(_ change: (inout TrainingOptions) -> Void = { _ in }) -> String? {
      message { _ = try trainer(continued("refused-\(UUID().uuidString)", change)) }
    }
    #expect(refusal { $0.epochs = 1 }?.contains("has trained 1 epochs; expected epochs of more") == true)
    #expect(refusal { $0.batchSize = 4 }?.contains("its 4 steps in 1 epochs do not fit") == true)
    #expect(refusal { $0.optimizer.kind = .sgd }?.contains("another kind of optimizer") == true)
    #expect(
      refusal { $0.model.initial = "x.pth" }?.contains("no other key that says where the weights come from") == true)
    try write { $0.set("cur_epoch", -3) }
    #expect(refusal()?.contains("cur_epoch: expected a whole number") == true)
    try write { $0.set("optimizer", .none) }
    #expect(refusal()?.contains("expected a last.pth with cur_epoch and optimizer") == true)
    try Checkpoint.write(try content("ours/last.pth"), to: file)
    #expect(refusal()?.contains("this is a checkpoint of rtseg") == true)
  }
}
