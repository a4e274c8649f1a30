import SegmentationModels
import Torch

/// Adds the losses that go with PIDNet's boundary head (https://arxiv.org/abs/2206.02066, section 3.4).
///
/// One is the binary cross entropy of the head's scores, in which boundaries and other pixels weigh the same together.
/// The other one is the loss of the class scores once more, at the pixels that the head takes for boundaries.
public struct BoundaryHeadObjective: Objective {
  let base: any Objective
  let pixelLoss: any PixelLoss
  let options: BoundaryHeadOptions

  /// Wraps another objective.
  /// - Parameters:
  ///   - base: The objective that the losses are added to.
  ///   - pixelLoss: The loss of the class scores at boundaries.
  ///   - options: The coefficients, and the width of boundaries.
  public init(_ base: any Objective, pixelLoss: any PixelLoss, options: BoundaryHeadOptions = BoundaryHeadOptions()) {
    self.base = base
    self.pixelLoss = pixelLoss
    self.options = options
  }

  /// The base's loss and the terms `boundary` and `at_boundaries`.
  public func loss(output: SegmentationOutput, labels: Tensor) -> Loss {
    var loss = base.loss(output: output, labels: labels)
    guard let detail = output.detail else { return loss }
    let scores = detail.to(dtype: .float32).upsampleBilinear2d(size: labels.spatialSize, alignCorners: true)
    let target = labelBoundaries(labels, width: options.width)
    loss.add(balancedCrossEntropy(scores, target) * options.coefficient, name: "boundary")
    if options.classCoefficient > 0 {
      let chosen = withoutGradients {
        let isBoundary = scores.detached().sigmoid().squeeze(1) .> options.threshold
        return `where`(
          isBoundary, labels, Tensor.full(labels.shape, Double(ignoredLabel), dtype: .int64, device: labels.device))
      }
      loss.add(pixelLoss(output.scores.float32, chosen) * options.classCoefficient, name: "at_boundaries")
    }
    return loss
  }

  /// The mean over all pixels of the binary cross entropy, times the share of pixels of the other kind.
  private func balancedCrossEntropy(_ scores: Tensor, _ target: Tensor) -> Tensor {
    let weights = withoutGradients {
      let share = target.mean()
      return target * (1 - share) + (1 - target) * share
    }
    return (binaryCrossEntropyWithLogits(scores, target, reduction: .none) * weights).mean()
  }
}
