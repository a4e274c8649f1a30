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
  let minimumPixels: Int?
  let hardness: OHEMOptions.Hardness
  let classWeights: Tensor?

  /// Creates the loss.
  /// - Parameters:
  ///   - threshold: The probability below which a pixel is hard.
  ///   - minimumShare: The least share of the labelled pixels to average over.
  ///   - minimumPixels: The least number of labelled pixels to average over, in place of a share.
  ///   - hardness: The number that tells how hard a pixel is, which makes a difference if classes have weights.
  ///   - classWeights: One factor per class.
  ///   - device: The device of the scores.
  public init(
    threshold: Double = 0.7, minimumShare: Double = 1 / 16, minimumPixels: Int? = nil,
    hardness: OHEMOptions.Hardness = .loss, classWeights: [Double]? = nil, device: Device = .cpu
  ) {
    self.threshold = threshold
    self.minimumShare = minimumShare
    self.minimumPixels = minimumPixels
    self.hardness = hardness
    self.classWeights = classWeights.map { Tensor($0.map(Float.init)).to(device: device) }
  }

  /// The loss of scores [N, C, H, W] against labels [N, H, W].
  public func callAsFunction(_ scores: ClassScores, _ labels: Tensor) -> Tensor {
    let losses = scores.crossEntropy(labels, weight: classWeights).flatten()
    let (chosen, count) = withoutGradients {
      let order =
        hardness == .loss || classWeights == nil
        ? losses.detached() : scores.crossEntropy(labels).flatten()
      return choose(by: order, labelled: (labels .!= Double(ignoredLabel)).sum().itemInt)
    }
    let share = SharedBatch.share(ofPixels: count, device: losses.device)
    var loss: Tensor
    switch chosen {
    case .mask(let mask): loss = count > 0 ? losses.masked(by: mask).mean() : losses.sum() * 0
    case .places(let places): loss = losses.indexSelect(places, dimension: 0).mean()
    }
    if let share { loss = loss * share }
    return loss
  }

  private enum Choice {
    case mask(Tensor)
    case places(Tensor)
  }

  /// Chooses the pixels that count by the loss of each, and tells how many these are.
  private func choose(by losses: Tensor, labelled: Int) -> (Choice, count: Int) {
    let hard = losses .> -log(threshold)
    let hardCount = hard.sum().itemInt
    let minimum = minimumPixels.map { min($0, labelled) } ?? Int(Double(labelled) * minimumShare)
    if hardCount >= minimum { return (.mask(hard), hardCount) }
    return (.places(losses.top(minimum).indices), minimum)
  }
}
