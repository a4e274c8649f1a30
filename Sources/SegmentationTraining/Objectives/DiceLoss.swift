import SegmentationModels
import Torch

/// 1 - (2 Σ p t + s) / (Σ p + Σ t + s) of probabilities p and labels t for each class, averaged over classes.
///
/// The mean is over the classes that have labelled pixels. With `.all`, a class without any counts as well: its loss is
/// near 1 as long as pixels are given to it.
public struct DiceLoss: PixelLoss {
  let smooth: Double
  let classes: AveragedClasses
  let perImage: Bool
  let classWeights: Tensor?

  /// - Parameter classWeights: Factors of the classes in the mean, which divides by their sum.
  public init(
    smooth: Double = 1, classes: AveragedClasses = .present, perImage: Bool = false, classWeights: [Double]? = nil,
    device: Device = .cpu
  ) {
    self.smooth = smooth
    self.classes = classes
    self.perImage = perImage
    self.classWeights = classWeights.map { Tensor($0.map(Float.init)).to(device: device) }
  }

  public func callAsFunction(_ scores: ClassScores, _ labels: Tensor) -> Tensor {
    let overlap = ClassOverlap(scores, labels, classes: classes, perImage: perImage)
    let twice = overlap.hits * 2
    let denominator = twice + overlap.falsePositives + overlap.falseNegatives + smooth
    return overlap.mean(1 - (twice + smooth) / denominator.clamp(min: 1e-7), classWeights: classWeights)
  }
}
