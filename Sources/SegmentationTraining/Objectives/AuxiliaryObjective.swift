import SegmentationModels
import Torch

/// Adds the loss of auxiliary heads, against the labels shrunk to each head's size by nearest neighbour.
public struct AuxiliaryObjective: Objective {
  let base: any Objective
  let pixelLoss: any PixelLoss
  let coefficients: [Double]

  /// - Parameter coefficients: One factor for each head; the last also serves the heads after it.
  public init(_ base: any Objective, pixelLoss: any PixelLoss, coefficients: [Double]) {
    self.base = base
    self.pixelLoss = pixelLoss
    self.coefficients = coefficients
  }

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

/// Labels [N, H, W] at another size, nearest neighbour.
func resizedNearest(_ labels: Tensor, to size: ImageSize) -> Tensor {
  if labels.spatialSize == size { return labels }
  return labels.unsqueeze(1).to(dtype: .float32).upsampleNearest2d(size: size).squeeze(1).to(dtype: .int64)
}
