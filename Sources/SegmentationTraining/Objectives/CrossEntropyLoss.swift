import SegmentationModels
import Torch

/// Cross entropy averaged over the labelled pixels, as PyTorch's `CrossEntropyLoss` computes it, with a weight per
/// class if weights are given.
///
/// For a batch without a labelled pixel the loss is 0; PyTorch's is NaN.
public struct CrossEntropyLoss: PixelLoss {
  let classWeights: Tensor?
  let labelSmoothing: Double
  let average: CrossEntropyOptions.Average

  /// Creates the loss.
  /// - Parameters:
  ///   - classWeights: One factor per class. As in PyTorch, the mean divides by the sum of the pixels' factors.
  ///   - labelSmoothing: The share of the label that is spread over all classes.
  ///   - average: The number by which the sum over pixels is divided.
  ///   - device: The device of the scores.
  public init(
    classWeights: [Double]? = nil, labelSmoothing: Double = 0, average: CrossEntropyOptions.Average = .labelled,
    device: Device = .cpu
  ) {
    self.classWeights = classWeights.map { Tensor($0.map(Float.init)).to(device: device) }
    self.labelSmoothing = labelSmoothing
    self.average = average
  }

  /// The loss of scores [N, C, H, W] against labels [N, H, W].
  public func callAsFunction(_ scores: ClassScores, _ labels: Tensor) -> Tensor {
    let sum = scores.crossEntropy(labels, weight: classWeights, labelSmoothing: labelSmoothing).sum()
    if average == .all { return sum / Double(labels.count) }
    let labels = Labels(labels)
    guard let classWeights else { return sum / labels.count }
    return sum / SharedBatch.divisor(labels.weights(classWeights).sum()).nonzero
  }
}
