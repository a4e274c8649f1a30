import Foundation
import SceneSynthesis
import SegmentationData
import SegmentationImage
import SegmentationTraining
import TestSupport
import Testing
import Torch

/// Whole runs on a few small scenes, all on one thread so that sums have one order.
@Suite(.serialized) final class TrainerTests: TrainsOnScenes {
  let scenes: SceneFolder

  init() throws { scenes = try SceneFolder() }

  func options(_ name: String, _ change: (inout TrainingOptions) -> Void = { _ in }) -> TrainingOptions {
    scenes.options(name) {
      $0.augmentation.brightness = 0.3
      $0.averaging.enabled = true
      change(&$0)
    }
  }

  func expectEqual(_ a: StateDictionary, _ b: StateDictionary) {
    #expect(a.keys == b.keys)
    for (name, tensor) in a.entries { #expect(b[name]?.equals(tensor) == true, "\(name)") }
  }

  /// The runs have three epochs of four steps. They are stopped in the middle of the second epoch, at the end of an
  /// epoch, in a validation, and in the last one.
  @Test(arguments: [(5, false), (4, false), (8, true), (12, true)])
  func stoppingAndResumingChangesNothing(step: Int, inValidation: Bool) throws {
    // Other suites draw from libtorch's random generator meanwhile: both runs get the same first weights from a file.
    _ = try trainer(options("first"))
    let first = folder.appending(path: "first/last.pth").path
    func same(_ options: inout TrainingOptions) {
      options.model.initial = first
      options.logging.stepInterval = 1
    }
    try trainer(options("whole", same)).run()

    let stopped = try trainer(options("stopped", same))
    let point = inValidation ? StoppingPoint.validation(afterStep: step) : .step(step)
    stopped.shouldStop = { $0 == point }
    #expect(try stopped.run().wasInterrupted)
    let summary = try trainer(options("stopped", same), resume: true).run()
    #expect(!summary.wasInterrupted && summary.steps == 12)

    expectEqual(try weights("stopped"), try weights("whole"))
    let checkpoints = try ["whole", "stopped"].map {
      try Checkpoint.read(from: folder.appending(path: "\($0)/last.pth"))
    }
    #expect(checkpoints[0]["optimizer"].map(Self.text) == checkpoints[1]["optimizer"].map(Self.text))
    // The generator's own state is compared by the program's tests.
    for key in ["average", "epoch", "step", "step_in_epoch", "loss_sum", "card"] as [PickleKey] {
      #expect(checkpoints[0]["rtseg"]?[key].map(Self.text) == checkpoints[1]["rtseg"]?[key].map(Self.text), "\(key)")
    }
    let metrics = ["whole", "stopped"].map { MetricsLog(folder.appending(path: "\($0)/metrics.jsonl")) }
    let rows = try metrics.map { try $0.rows() }
    #expect(rows[0].count { $0.isStep } == 12 && rows[0].allSatisfy { !$0.isStep || $0.stepSeconds! > 0 })
    #expect(rows[0].map(Self.withoutTimes) == rows[1].map(Self.withoutTimes))
  }

  /// The row without values that depend on how fast the machine is.
  static func withoutTimes(_ row: MetricsRow) -> MetricsRow {
    var row = row
    (row.imagesPerSecond, row.dataSeconds, row.stepSeconds) = (nil, nil, nil)
    return row
  }

  /// A pickled value with every number in it.
  static func text(_ value: PickleValue) -> String {
    switch value {
    case .tensor(let tensor): "\(tensor.shape) \(tensor.elements(Double.self))"
    case .dictionary(let pairs): pairs.pairs.map { "\($0.key.text): \(text($0.value))" }.joined(separator: ", ")
    case .list(let values), .tuple(let values): "[" + values.map(text).joined(separator: ", ") + "]"
    default: "\(value)"
    }
  }

  @Test func aRunWritesWhatItSays() throws {
    let options = options("run") { $0.epochs = 1 }
    try trainer(options).run()
    let run = try RunFolder(folder.appending(path: "run"), mode: .resumed)
    for file in [run.configuration, run.lastCheckpoint, run.bestCheckpoint, run.metrics, run.manifest, run.curves] {
      #expect(FileManager.default.fileExists(atPath: file.path), "\(file.lastPathComponent)")
    }
    #expect(try ConfigurationLoader(defaults: TrainingOptions()).load(file: run.configuration) == options)
    let manifest = try RunManifest(json: Data(contentsOf: run.manifest))
    #expect(manifest.dataHash?.count == 64 && manifest.optionsHash.count == 64)
    let best = try Checkpoint.read(from: run.bestCheckpoint)
    #expect(best["cur_epoch"]?.int == 0)
    #expect(best["optimizer"]?.dictionary == nil)
    #expect(best["best_score"]?.double == (try MetricsLog(run.metrics).rows().compactMap(\.meanIoU).max()))

    #expect(throws: RunFolderError.self) { try trainer(options) }
  }

  @Test func weightsOfOtherClassCountsStartARun() throws {
    try trainer(options("first") { $0.epochs = 1 }).run()
    let card = """
      root: \(folder.path)/scenes/leftImg8bit
      classes: [{name: road, color: [1, 2, 3]}, {name: rest, color: [4, 5, 6]}]
      map: {7: road, other: rest}
      splits:
        train: {list: list.txt}
        val: {list: list.txt}
      """
    let file = folder.appending(path: "card.yaml")
    try Data(card.utf8).write(to: file)
    let samples = try Dataset.cityscapes(root: folder.appending(path: "scenes").path).samples(of: .train)
    let lines = samples.map { "\($0.image)\t\($0.mask!)" }.joined(separator: "\n")
    try Data(lines.utf8).write(to: folder.appending(path: "scenes/leftImg8bit/list.txt"))

    let tuned = options("tuned") {
      $0.epochs = 1
      $0.data.dataset = file.path
      $0.data.root = ""
      $0.data.allowSharedFiles = true
      $0.model.initial = folder.appending(path: "first/best.pth").path
      $0.optimizer.learningRate = 1e-12
    }
    let run = try trainer(tuned)
    let start = try Checkpoint.readState(from: folder.appending(path: "first/best.pth"))
    for (name, tensor) in run.model.namedState where tensor.shape == start[name]?.shape {
      #expect(tensor.equals(start[name]!), "\(name)")
    }
    try run.run()

    var shared = tuned
    shared.data.allowSharedFiles = false
    shared.output += "2"
    let error = #expect(throws: TrainingError.self) { try trainer(shared) }
    #expect(error?.description.contains("8 images are in both train and val") == true)
  }

  /// Averages start from them too, and a run that goes on asks for them no more.
  @Test func aRunStartsFromWeightsOfItsBackbone() throws {
    let file = folder.appending(path: "mobilenet.pth")
    let source = TorchvisionFile(.mobileNetV2)
    try Checkpoint.write(PickleValue(source.state), to: file)
    let options = options("pretrained") {
      $0.epochs = 1
      $0.model.name = "liteseg-mobilenet_v2"
      $0.model.backboneWeights = file.path
    }
    let run = try trainer(options)
    let average = try Checkpoint.read(from: run.folder.lastCheckpoint)["rtseg"]?["average"]
    for (name, tensor) in run.model.pretrainable!.namedState {
      let expected = source.state[source.key(name)]!
      #expect(tensor.equals(expected), "\(name)")
      #expect(average?[.string("backbone.\(name)")]?.tensor?.equals(expected) == true, "\(name)")
    }
    run.shouldStop = { $0 == .step(2) }
    #expect(try run.run().wasInterrupted)
    try FileManager.default.removeItem(at: file)
    #expect(try trainer(options, resume: true).run().steps == 4)
  }

  @Test func whatCannotWorkIsRefusedBeforeTheRun() {
    func refusal(_ change: (inout TrainingOptions) -> Void) -> String {
      do {
        _ = try trainer(options("refused", change))
        return "nothing"
      } catch {
        return "\(error)"
      }
    }
    #expect(
      refusal {
        $0.model.name = "bisenetv2"; $0.augmentation.cropSize = ImageSize(height: 60, width: 64)
      }
      .contains("multiples of 32"))
    #expect(
      refusal {
        $0.model.name = "bisenetv2"; $0.batchSize = 1
      }.contains("expected 2 or more"))
    #expect(refusal { $0.objective.classWeights = [1, 2] }.contains("expected 19 numbers"))
    #expect(refusal { $0.batchSize = 100 }.contains("batch"))
    #expect(refusal { $0.device = "cuda:7" }.contains("cuda:7 is not there"))
    #expect(refusal { $0.data.root = "/nowhere" }.contains("/nowhere"))
    #expect(refusal { $0.model.initial = "/nowhere.pth" }.contains("/nowhere.pth"))
    let withoutBackbone = refusal { $0.model.backboneWeights = "x.pth" }
    #expect(
      withoutBackbone.contains("fastscnn has no backbone that published weights fit; those that have one: bisenetv1, "))
    #expect(withoutBackbone.hasSuffix(", and all encoder–decoder networks (smp)"))
  }

  @Test func gradientsThatAreNotFiniteEndTheRunAndKeepTheCheckpoint() throws {
    let run = try trainer(options("diverged") { $0.maximumSkippedSteps = 2 })
    let before = try weights("diverged")
    withoutGradients { run.model.parameters[0].fillInPlace(.nan) }
    let error = #expect(throws: TrainingError.self) { try run.run() }
    #expect(error?.description.contains("not finite in 2 steps in a row; the last good state") == true)
    expectEqual(try weights("diverged"), before)
    // Running statistics and counts of batches are as they were, too.
    let poisoned = run.model.namedParameters[0].name
    for (name, tensor) in run.model.namedState where name != poisoned {
      #expect(before[name]?.equals(tensor) == true, "\(name)")
    }
  }
}
