import Foundation
import SegmentationData
import SegmentationImage
import SegmentationInference
import SegmentationModels
import SegmentationTraining
import Torch

/// Trains `TinyNet` on `ShapeScenes`, in parts, and uses the result.
public struct ShapeTraining {
  private let options: TrainingOptions
  private let scenes = ShapeScenes()

  /// - Parameter folder: Where the run's files go: checkpoints, measurements, curves.
  public init(in folder: URL) {
    var options = TrainingOptions()
    options.output = folder.path
    options.epochs = 6
    options.batchSize = 8
    options.device = "cpu"
    options.augmentation.cropSize = ImageSize(height: 64, width: 64)
    options.augmentation.horizontalFlip = 0.5
    options.objective.terms = [LossTerm(CrossEntropyOptions())]
    options.optimizer.learningRate = 0.05
    options.logging.tensorboard = false
    self.options = options
  }

  /// The file with the best weights.
  public var checkpoint: URL { URL(filePath: options.output).appending(path: "best.pth") }

  /// Trains until a number of steps is done, or to the end.
  /// - Parameter resume: Whether the run in the folder goes on.
  @discardableResult
  public func train(resume: Bool = false, until steps: Int? = nil) throws -> TrainingSummary {
    let trainer = try Trainer(
      model: TinyNet(classes: scenes.classes.count), dataset: scenes, options: options, resume: resume)
    if let steps { trainer.shouldStop = { $0 == .step(steps) } }
    return try trainer.run()
  }

  /// Labels an image that training has not seen with the network out of the checkpoint.
  /// - Returns: The share of pixels that are labelled right.
  public func test() throws -> Double {
    let content = try Checkpoint.read(from: checkpoint)
    guard let card = try ModelCard(checkpoint: content) else { return 0 }
    let network = TinyNet(classes: card.classes.count)
    try network.load(Checkpoint.readWeights(from: checkpoint, for: network).state)
    let sample = scenes.sample(0, of: .val)
    let normalization = Normalization(mean: card.mean, std: card.std)
    let found = try Predictor(model: network, normalization: normalization).classes(of: sample.image)
    let right = zip(found.values, sample.labels.values).count { $0 == $1 }
    return Double(right) / Double(found.values.count)
  }
}
