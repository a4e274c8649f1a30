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
  public func evaluate(
    _ model: SegmentationModel, on batches: DataLoader, classNames: [String], interrupted: () -> Bool = { false }
  ) throws -> ConfusionReport? {
    model.eval()
    let matrix = ConfusionMatrix(classes: classNames.count, device: device)
    while let batch = try batches.next() {
      withoutGradients {
        let images = batch.images.to(device: device)
        let labels = batch.labels.to(device: device)
        var logits = autocast(precision, device: device) { model.logits(images) }
        if logits.spatialSize != labels.spatialSize {
          logits = logits.upsampleBilinear2d(size: labels.spatialSize, alignCorners: true)
        }
        matrix.add(predictions: logits.argmax(dimension: 1), labels: labels)
      }
      if interrupted() { return nil }
    }
    return matrix.report(classNames: classNames)
  }
}
