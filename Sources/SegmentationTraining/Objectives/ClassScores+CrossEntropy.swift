import SegmentationModels
import Torch

extension ClassScores {
  /// The cross entropy of each pixel at the labels' size, [N, H, W]; 0 for pixels whose label is 255. It is computed
  /// without making the scores at that size, unless they are resized without aligned corners.
  ///
  /// - Parameters:
  ///   - weight: One factor per class.
  ///   - labelSmoothing: The share of the label that is spread over all classes.
  func crossEntropy(_ labels: Tensor, weight: Tensor? = nil, labelSmoothing: Double = 0) -> Tensor {
    // Scores at full size are the same either way.
    let scores = alignCorners ? coarse : full
    return upsampledCrossEntropy(
      scores, labels, weight: weight, ignoreIndex: ignoredLabel, labelSmoothing: labelSmoothing)
  }
}
