import SegmentationModels
import Torch

/// The Dice loss 1 - (2 Σ p t + s) / (Σ p + Σ t + s) of probabilities p and labels t for each class, averaged over
/// classes.
///
/// The mean covers the classes that have labelled pixels. With `.all` it covers the other classes too; the loss of a
/// class without labelled pixels is near 1 as long as the network gives pixels to it.
public struct DiceLoss: PixelLoss {
  let smooth: Double
  let classes: AveragedClasses
  let perImage: Bool
  let classWeights: Tensor?

  /// Creates the loss.
  /// - Parameters:
  ///   - smooth: The number s.
  ///   - classes: The classes that the mean covers.
  ///   - perImage: Whether each image has its own sums, or the whole batch has.
  ///   - classWeights: The weight of each class in the mean.
  ///   - device: The device of the scores.
  public init(
    smooth: Double = 1, classes: AveragedClasses = .present, perImage: Bool = false, classWeights: [Double]? = nil,
    device: Device = .cpu
  ) {
    self.smooth = smooth
    self.classes = classes
    self.perImage = perImage
    self.classWeights = classWeights.map { Tensor($0.map(Float.init)).to(device: device) }
  }

  /// The loss of scores [N, C, H, W] against labels [N, H, W].
  public func callAsFunction(_ scores: ClassScores, _ labels: Tensor) -> Tensor {
    let overlap = ClassOverlap(scores, labels, classes: classes, perImage: perImage)
    let twice = overlap.hits * 2
    let denominator = twice + overlap.falsePositives + overlap.falseNegatives + smooth
    return overlap.mean(1 - (twice + smooth) / denominator.clamp(min: 1e-7), classWeights: classWeights)
  }
}
