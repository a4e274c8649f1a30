import SegmentationModels
import Torch

/// Cross entropy averaged over the labelled pixels, weighted by class where weights are given.
///
/// A batch without a labelled pixel gives 0, where PyTorch's mean gives NaN.
public struct CrossEntropyLoss: PixelLoss {
  let classWeights: Tensor?
  let labelSmoothing: Double

  /// - Parameter classWeights: One factor for each class. The mean divides by their sum over the pixels, as in PyTorch.
  public init(classWeights: [Double]? = nil, labelSmoothing: Double = 0, device: Device = .cpu) {
    self.classWeights = classWeights.map { Tensor($0.map(Float.init)).to(device: device) }
    self.labelSmoothing = labelSmoothing
  }

  public func callAsFunction(_ scores: ClassScores, _ labels: Tensor) -> Tensor {
    let sum = scores.crossEntropy(labels, weight: classWeights, labelSmoothing: labelSmoothing).sum()
    let labels = Labels(labels)
    guard let classWeights else { return sum / labels.count }
    return sum / SharedBatch.divisor(labels.weights(classWeights).sum()).nonzero
  }
}
