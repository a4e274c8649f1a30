import Files
import Foundation
import SegmentationData
import SegmentationImage
import SegmentationModels
import SegmentationTraining
import TestSupport
import Testing
import Torch

/// Networks, data sets and losses that a program brings along.
@Suite(.serialized) final class OwnNetworkTests: TrainsOnScenes {
  let scenes: SceneFolder

  init() throws { scenes = try SceneFolder() }

  /// A small network with running statistics.
  private final class Net: SegmentationModel {
    let block: ConvBNAct
    let classifier: Conv2d

    init(classes: Int, name: String = "net") {
      block = ConvBNAct(3, 8, stride: 2)
      classifier = Conv2d(8, classes, kernel: 1)
      super.init()
      self.name = name
      sizes = SizeRule(multiple: 2)
    }

    override func forward(_ x: Tensor, heads: Bool) -> SegmentationOutput {
      SegmentationOutput(logits: classifier(block(x)), resizedTo: x.spatialSize)
    }
  }

  /// Images whose left half is dark and whose right half is bright.
  private struct Halves: SegmentationDataset {
    let name = "halves"
    let classes = [ClassInfo("dark", RGB(1, 2, 3)), ClassInfo("bright", RGB(250, 251, 252))]

    func count(of split: Split) -> Int { split == .train ? 8 : split == .val ? 2 : 0 }

    func sample(_ index: Int, of split: Split) -> LabelledImage {
      var image = Image(height: 64, width: 64, filledWith: RGB(UInt8(20 + index), 30, 40))
      var labels = Mask(height: 64, width: 64)
      for y in 0..<64 {
        for x in 32..<64 { (image[x, y], labels[x, y]) = (RGB(200, 210, UInt8(220 + index)), 1) }
      }
      return LabelledImage(image: image, labels: labels)
    }
  }

  private func options(_ name: String, _ change: (inout TrainingOptions) -> Void = { _ in }) -> TrainingOptions {
    scenes.options(name) {
      $0.averaging.enabled = true
      $0.logging.tensorboard = false
      change(&$0)
    }
  }

  private func ownTrainer(
    _ options: TrainingOptions, model: SegmentationModel = Net(classes: 2), objective: (any Objective)? = nil,
    resume: Bool = false
  ) throws -> Trainer {
    try Trainer(model: model, dataset: Halves(), objective: objective, options: options, resume: resume) { _ in
      try RunLog(output: { _ in })
    }
  }

  @Test func `the averaged weights are scored and saved, and the trained ones stay in the network`() throws {
    let model = Net(classes: 2)
    let run = try ownTrainer(options("run"), model: model)
    try run.run()
    #expect(run.model === model && run.stepsPerEpoch == 4)
    let (last, best) = (try weights("run"), try Checkpoint.readState(from: run.folder.bestCheckpoint))
    #expect(last.keys == model.namedState.map(\.name) && best.keys == last.keys)
    for (name, tensor) in model.namedState { #expect(last[name]?.equals(tensor) == true, "\(name)") }
    #expect(best["classifier.weight"]?.equals(last["classifier.weight"]!) == false)

    let card = try #require(try ModelCard(checkpoint: Checkpoint.read(from: run.folder.bestCheckpoint)))
    #expect(card.model == "net" && card.classes == ["dark", "bright"] && card.colors[1] == [250, 251, 252])
    let loaded = Net(classes: 2)
    try loaded.load(Checkpoint.readWeights(from: run.folder.bestCheckpoint, for: loaded).state)
    let dataset = Dataset(Halves())
    let batches = try DataLoader.validation(
      dataset.samples(of: .val), labels: dataset.labels, options: DataOptions(), augmentation: run.options.augmentation)
    let report = try Evaluator(device: .cpu).evaluate(loaded, on: batches, classNames: dataset.labels.names)
    #expect(report?["mean_iou"] == run.bestScore)
  }

  @Test func `a run that was stopped goes on exactly, with a new network and data set`() throws {
    _ = try ownTrainer(options("first"))
    let start: (inout TrainingOptions) -> Void = { [path = path("first/last.pth")] in $0.model.initial = path }
    try ownTrainer(options("whole", start)).run()
    let stopped = try ownTrainer(options("parts", start))
    stopped.shouldStop = { $0 == .step(2) }
    #expect(try stopped.run().wasInterrupted)
    for point in [StoppingPoint.step(5), .validation(afterStep: 8)] {
      let part = try ownTrainer(options("parts", start), resume: true)
      part.shouldStop = { $0 == point }
      #expect(try part.run().wasInterrupted)
    }
    #expect(try ownTrainer(options("parts", start), resume: true).run().steps == 12)
    for file in ["last.pth", "best.pth"] {
      let (whole, parts) = try (
        Checkpoint.readState(from: folder.appending(path: "whole/\(file)")),
        Checkpoint.readState(from: folder.appending(path: "parts/\(file)"))
      )
      #expect(whole.keys == parts.keys)
      for (name, tensor) in whole.entries { #expect(parts[name]?.equals(tensor) == true, "\(file): \(name)") }
    }
    let record = try RunRecord(folder.appending(path: "parts"))
    #expect(record.problems == [] && record.network == "net" && record.dataset == "halves")
    #expect(record.options?.model.custom == true)
  }

  @Test func `a network of the catalogue learns a data set of one's own`() throws {
    let model = try Architecture.fastscnn.makeModel(classes: 2)
    let run = try ownTrainer(options("catalogue") { $0.epochs = 1 }, model: model)
    try run.run()
    let card = try #require(try ModelCard(checkpoint: Checkpoint.read(from: run.folder.lastCheckpoint)))
    #expect(card.model == "fastscnn" && !run.options.model.custom)
  }

  @Test func `a loss of one's own takes the place of the options'`() throws {
    struct Constant: Objective {
      func loss(output: SegmentationOutput, labels: Tensor) -> Loss {
        Loss(output.logits.sum() * 0 + 0.25, name: "constant")
      }
    }
    let run = try ownTrainer(
      options("constant") {
        $0.epochs = 1
        // This would be refused.
        $0.objective.classWeights = [1, 2, 3]
      }, objective: Constant())
    try run.run()
    #expect(try MetricsLog(run.folder.metrics).rows().compactMap(\.loss) == [0.25])
  }

  @Test func `what does not fit is refused in one line before there is a folder`() throws {
    func refusal(_ model: SegmentationModel, _ change: (inout TrainingOptions) -> Void = { _ in }) -> String? {
      message { _ = try ownTrainer(options("refused", change), model: model) }
    }
    #expect(
      refusal(Net(classes: 3))
        == "net: expected scores of the shape [1, 2, 64, 64] for an image of 64x64, one for each class of the data set and "
        + "each pixel, found [1, 3, 64, 64]")
    #expect(refusal(Net(classes: 2, name: "enet"))?.contains("is enet, which is that of another one") == true)
    #expect(
      refusal(Net(classes: 2)) { $0.augmentation.cropSize = ImageSize(height: 63, width: 64) }
        == "augmentation.crop_size: net takes multiples of 2, found 63x64; the next larger one is 64x64")
    #expect(refusal(Net(classes: 2)) { $0.model.backboneWeights = "x.pth" }?.contains("net has no backbone") == true)
    #expect(
      refusal(Net(classes: 2)) { $0.model.frozen = [ParameterPattern("backbone.*")] }?.contains("backbone.*") == true)
    #expect(!FileSystem.exists(path("refused")))
  }

  @Test func `the program says that it cannot go on with another program's network`() throws {
    try ownTrainer(options("other") { $0.epochs = 1 }).run()
    let options = try ConfigurationLoader(defaults: TrainingOptions()).load(
      file: folder.appending(path: "other/config.yaml"))
    let found = message { _ = try Trainer(options: options, resume: true) }
    #expect(
      found?.hasPrefix("model.name: net is a network of the program that has trained it, not of the catalogue") == true,
      "\(found ?? "")")
  }
}
