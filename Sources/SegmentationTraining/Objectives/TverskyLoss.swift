import SegmentationModels
import Torch

/// The Tversky loss (1 - (TP + s) / (TP + α FP + β FN + s))^γ for each class, averaged over classes. TP, FP and FN are
/// sums of probabilities: α weighs pixels that are wrongly given to a class, β those that are missed.
///
/// https://arxiv.org/abs/1706.05721; with γ below 1 this is the focal form of https://arxiv.org/abs/1810.07842, whose γ
/// is the inverse of this one. α = β = 1/2 gives the Dice loss (with half its s). Classes are averaged as in
/// `DiceLoss`.
public struct TverskyLoss: PixelLoss {
  let alpha: Double
  let beta: Double
  let gamma: Double
  let smooth: Double
  let classes: AveragedClasses
  let perImage: Bool
  let classWeights: Tensor?

  /// Creates the loss; the formula above says what α, β, γ and s (`smooth`) mean, `DiceLoss` the other parameters.
  public init(
    alpha: Double = 0.3, beta: Double = 0.7, gamma: Double = 1, smooth: Double = 1,
    classes: AveragedClasses = .present, perImage: Bool = false, classWeights: [Double]? = nil, device: Device = .cpu
  ) {
    self.alpha = alpha
    self.beta = beta
    self.gamma = gamma
    self.smooth = smooth
    self.classes = classes
    self.perImage = perImage
    self.classWeights = classWeights.map { Tensor($0.map(Float.init)).to(device: device) }
  }

  /// The loss of scores [N, C, H, W] against labels [N, H, W].
  public func callAsFunction(_ scores: ClassScores, _ labels: Tensor) -> Tensor {
    let overlap = ClassOverlap(scores, labels, classes: classes, perImage: perImage)
    let denominator = overlap.hits + overlap.falsePositives * alpha + overlap.falseNegatives * beta + smooth
    let losses = 1 - (overlap.hits + smooth) / denominator.clamp(min: 1e-7)
    // The power has no finite slope at 0 if the exponent is below 1.
    return overlap.mean(gamma == 1 ? losses : losses.clamp(min: 1e-7).pow(gamma), classWeights: classWeights)
  }
}
