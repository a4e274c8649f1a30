import SegmentationModels
import Torch

/// The focal loss (https://arxiv.org/abs/1708.02002): (1 - p)^γ times the cross entropy, averaged over the labelled
/// pixels, so that pixels that are right already count little.
///
/// A network with several classes has one softmax over them, or a sigmoid for each, averaged over the classes as well.
/// A network with one score has its sigmoid.
public struct FocalLoss: PixelLoss {
  let gamma: Double
  let alpha: Double?
  let form: FocalOptions.Form
  let classWeights: Tensor?

  /// Creates the loss.
  /// - gamma: The exponent γ.
  /// - alpha: With sigmoids, the factor for labels of 1; labels of 0 have the factor 1 - alpha.
  /// - form: One softmax or a sigmoid for each class.
  /// - classWeights: With a softmax, the factor of each pixel by its class; with sigmoids, the weight of each class in
  ///   the mean.
  public init(
    gamma: Double = 2, alpha: Double? = nil, form: FocalOptions.Form = .softmax, classWeights: [Double]? = nil,
    device: Device = .cpu
  ) {
    self.gamma = gamma
    self.alpha = alpha
    self.form = form
    self.classWeights = classWeights.map { Tensor($0.map(Float.init)).to(device: device) }
  }

  /// The loss of scores [N, C, H, W] against labels [N, H, W].
  public func callAsFunction(_ scores: ClassScores, _ labels: Tensor) -> Tensor {
    if form == .softmax, scores.coarse.size(1) > 1 { return softmaxLoss(scores, Labels(labels)) }
    return sigmoidLoss(scores.full, Labels(labels))
  }

  private func softmaxLoss(_ scores: ClassScores, _ labels: Labels) -> Tensor {
    var losses = focused(scores.crossEntropy(labels.ids))
    if let classWeights { losses = losses * labels.weights(classWeights) }
    return losses.sum() / labels.count
  }

  private func sigmoidLoss(_ scores: Tensor, _ labels: Labels) -> Tensor {
    let truth = labels.oneHot(channels: scores.size(1))
    var losses = focused(binaryCrossEntropyWithLogits(scores, truth, reduction: .none))
    if let alpha { losses = losses * (truth * (2 * alpha - 1) + (1 - alpha)) }
    let classLosses = (losses * labels.mask.to(dtype: .float32).unsqueeze(1)).sum([0, 2, 3]) / labels.count
    guard let classWeights else { return classLosses.mean() }
    return (classLosses * classWeights).sum() / classWeights.sum()
  }

  /// The cross entropy times (1 - p)^γ, with the probability p = exp(-cross entropy).
  private func focused(_ crossEntropy: Tensor) -> Tensor {
    if gamma == 0 { return crossEntropy }
    // The power has no finite slope at 0 if the exponent is below 1.
    return (1 - (-crossEntropy).exp()).clamp(min: 1e-7).pow(gamma) * crossEntropy
  }
}
