import SegmentationModels
import Torch

/// Adds the losses of auxiliary heads. The labels are shrunk to each head's size by nearest neighbour.
public struct AuxiliaryObjective: Objective {
  let base: any Objective
  let pixelLoss: any PixelLoss
  let coefficients: [Double]

  /// Wraps another objective.
  /// - Parameters:
  ///   - base: The objective that the losses are added to.
  ///   - pixelLoss: The loss of each head.
  ///   - coefficients: One factor per head; the last one also serves the heads after it.
  public init(_ base: any Objective, pixelLoss: any PixelLoss, coefficients: [Double]) {
    self.base = base
    self.pixelLoss = pixelLoss
    self.coefficients = coefficients
  }

  /// The base's loss and a term `aux1`, `aux2`, ... for each head.
  public func loss(output: SegmentationOutput, labels: Tensor) -> Loss {
    var loss = base.loss(output: output, labels: labels)
    for (index, logits) in output.auxiliary.enumerated() {
      let coefficient = coefficients.isEmpty ? 1 : coefficients[min(index, coefficients.count - 1)]
      let shrunk = resizedNearest(labels, to: logits.spatialSize)
      loss.add(pixelLoss(logits, shrunk) * coefficient, name: "aux\(index + 1)")
    }
    return loss
  }
}

/// Resizes labels [N, H, W] by nearest neighbour.
func resizedNearest(_ labels: Tensor, to size: ImageSize) -> Tensor {
  if labels.spatialSize == size { return labels }
  return labels.unsqueeze(1).to(dtype: .float32).upsampleNearest2d(size: size).squeeze(1).to(dtype: .int64)
}
