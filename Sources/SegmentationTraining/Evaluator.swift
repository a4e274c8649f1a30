import Foundation
import SegmentationData
import SegmentationModels
import Torch

/// Scores a network on a split: the whole images at their own size, one confusion matrix for all.
public struct Evaluator {
  public var device: Device
  /// Mixed precision; none: float32.
  public var precision: DType?

  public init(device: Device, precision: DType? = nil) {
    self.device = device
    self.precision = precision
  }

  /// Puts the network into evaluation mode and runs it over the batches.
  /// - Parameter interrupted: Asked after each batch; `true` ends the evaluation.
  /// - Returns: The scores, or `nil` when interrupted.
  /// - Throws: `ScoresNotFinite` if the network finds scores that are not numbers; then no class is the best.
  public func evaluate(
    _ model: SegmentationModel, on batches: DataLoader, classNames: [String], interrupted: () -> Bool = { false }
  ) throws -> ConfusionReport? {
    model.eval()
    var bad = ScoresNotFinite(images: 0, total: 0, firstFile: "")
    let report = try evaluate(on: batches, classNames: classNames, interrupted: interrupted) { batch in
      try catchingTorchErrors {
        withoutGradients {
          let size = batch.labels.spatialSize
          let scores = model.scores(batch.images.to(device: device), size: size, precision: precision)
          bad.total += batch.count
          if !scores.isFiniteEverywhere {
            if bad.images == 0 { bad.firstFile = batch.files.first ?? "" }
            bad.images += batch.count
          }
          return scores.argmax(dimension: 1)
        }
      }
    }
    if report != nil, bad.images > 0 { throw bad }
    return report
  }

  /// Scores whatever finds classes.
  /// - Parameter classes: Gives the best classes of a batch's images, integers of the labels' shape [N, h, w] on the
  ///   evaluator's device.
  public func evaluate(
    on batches: DataLoader, classNames: [String], interrupted: () -> Bool = { false },
    classes: (Batch) throws -> Tensor
  ) throws -> ConfusionReport? {
    let matrix = ConfusionMatrix(classes: classNames.count, device: device)
    while let batch = try batches.next() {
      matrix.add(predictions: try classes(batch), labels: batch.labels.to(device: device))
      if interrupted() { return nil }
    }
    return matrix.report(classNames: classNames)
  }
}
