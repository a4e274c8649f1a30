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
    return try evaluate(on: batches, classNames: classNames, interrupted: interrupted) { batch in
      withoutGradients {
        model.classes(batch.images.to(device: device), size: batch.labels.spatialSize, precision: precision)
      }
    }
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
