import SegmentationModels
import Torch

/// Cross entropy averaged over the labelled pixels, weighted by class where weights are given.
///
/// A batch without a labelled pixel gives 0, where PyTorch's mean gives NaN.
public struct CrossEntropyLoss: PixelLoss {
  let classWeights: Tensor?
  let labelSmoothing: Double

  /// - Parameter classWeights: One factor a class.
  public init(classWeights: [Double]? = nil, labelSmoothing: Double = 0, device: Device = .cpu) {
    self.classWeights = classWeights.map { Tensor($0.map(Float.init)).to(device: device) }
    self.labelSmoothing = labelSmoothing
  }

  public func callAsFunction(_ scores: ClassScores, _ labels: Tensor) -> Tensor {
    let sum = crossEntropy(
      scores.full, labels, weight: classWeights, reduction: .sum, ignoreIndex: ignoredLabel,
      labelSmoothing: labelSmoothing)
    return sum / totalWeight(labels)
  }

  /// What the mean divides by: the labelled pixels' number or weight, 1 where there are none.
  private func totalWeight(_ labels: Tensor) -> Tensor {
    let labelled = (labels .!= Double(ignoredLabel)).to(dtype: .float32)
    guard let classWeights else { return labelled.sum().clamp(min: 1) }
    let perPixel = classWeights.indexSelect(labels.flatten() * labelled.flatten().to(dtype: .int64), dimension: 0)
    let total = (perPixel * labelled.flatten()).sum()
    return `where`(total .== 0, Tensor.ones([], device: total.device), total)
  }
}
