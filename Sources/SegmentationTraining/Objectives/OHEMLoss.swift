import Foundation
import SegmentationModels
import Torch

/// Online hard example mining: cross entropy averaged only over the hard pixels.
///
/// A pixel is hard if its true class has a probability below `threshold`. If fewer than `minimumShare` of the labelled
/// pixels are hard, the loss averages over that share of pixels, those with the largest losses. A batch without a
/// labelled pixel gives 0, never NaN. If several processes share a batch, each finds its own hard pixels, and the mean
/// covers those of all.
public struct OHEMLoss: PixelLoss {
  let threshold: Double
  let minimumShare: Double
  let classWeights: Tensor?

  /// Creates the loss.
  /// - Parameters:
  ///   - threshold: The probability below which a pixel is hard.
  ///   - minimumShare: The least share of the labelled pixels to average over.
  ///   - classWeights: One factor per class.
  ///   - device: The device of the scores.
  public init(
    threshold: Double = 0.7, minimumShare: Double = 1 / 16, classWeights: [Double]? = nil, device: Device = .cpu
  ) {
    self.threshold = threshold
    self.minimumShare = minimumShare
    self.classWeights = classWeights.map { Tensor($0.map(Float.init)).to(device: device) }
  }

  /// The loss of scores [N, C, H, W] against labels [N, H, W].
  public func callAsFunction(_ scores: ClassScores, _ labels: Tensor) -> Tensor {
    let losses = scores.crossEntropy(labels, weight: classWeights).flatten()
    let (hard, hardCount, minimum) = withoutGradients {
      let hard = losses .> -log(threshold)
      let labelled = (labels .!= Double(ignoredLabel)).sum().itemInt
      return (hard, hard.sum().itemInt, Int(Double(labelled) * minimumShare))
    }
    let share = SharedBatch.share(ofPixels: max(hardCount, minimum), device: losses.device)
    var loss: Tensor
    if hardCount >= minimum {
      loss = hardCount > 0 ? losses.masked(by: hard).mean() : losses.sum() * 0
    } else {
      loss = losses.top(minimum).values.mean()
    }
    if let share { loss = loss * share }
    return loss
  }
}
