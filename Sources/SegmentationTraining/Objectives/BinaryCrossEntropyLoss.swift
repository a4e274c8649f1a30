import SegmentationModels
import Torch

/// The binary cross entropy of a network with one score per pixel, averaged over the labelled pixels.
public struct BinaryCrossEntropyLoss: PixelLoss {
  let positiveWeight: Double
  let labelSmoothing: Double

  /// Creates the loss.
  /// - positiveWeight: The factor for pixels whose label is 1.
  ///   - labelSmoothing: The share of the label that goes to the other class.
  public init(positiveWeight: Double = 1, labelSmoothing: Double = 0) {
    self.positiveWeight = positiveWeight
    self.labelSmoothing = labelSmoothing
  }

  /// The loss of scores [N, 1, H, W] against labels [N, H, W].
  public func callAsFunction(_ scores: ClassScores, _ labels: Tensor) -> Tensor {
    let labels = Labels(labels)
    let scores = scores.full
    let truth = labels.oneHot(channels: 1) * (1 - 2 * labelSmoothing) + labelSmoothing
    var losses = binaryCrossEntropyWithLogits(scores, truth, reduction: .none)
    if positiveWeight != 1 {
      let ones = Tensor.ones(scores.shape, device: scores.device)
      let positive = binaryCrossEntropyWithLogits(scores, ones, reduction: .none)
      losses = losses + positive * truth * (positiveWeight - 1)
    }
    return (losses * labels.mask.to(dtype: .float32).unsqueeze(1)).sum() / labels.count
  }
}
