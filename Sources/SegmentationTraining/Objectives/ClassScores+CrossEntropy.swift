import SegmentationModels
import Torch

extension ClassScores {
  /// The cross entropy of each pixel at full size, [N, H, W]; 0 where the label is 255. The scores at full size are not
  /// made for it.
  ///
  /// - Parameters:
  ///   - weight: One factor for each class.
  ///   - labelSmoothing: The share of the label that is spread over all classes.
  func crossEntropy(_ labels: Tensor, weight: Tensor? = nil, labelSmoothing: Double = 0) -> Tensor {
    upsampledCrossEntropy(
      coarse, labels, weight: weight, ignoreIndex: ignoredLabel, labelSmoothing: labelSmoothing)
  }
}
