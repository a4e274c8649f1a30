import SegmentationModels
import Torch

/// Adds the loss of STDC's detail head, which learns where the labels have edges.
///
/// https://arxiv.org/abs/2104.13188, section 3.3. The Laplacian that finds the edges is fixed and not a part of the
/// network. The weights that join its three scales are only compared with a threshold, so they get no gradient. The
/// loss trains the detail head and all layers before it.
public struct DetailObjective: Objective {
  let base: any Objective
  let options: DetailOptions
  /// The 1x1 weights [1, 3, 1, 1] that join the edges of three scales: those of the network's `detail_conv` or of the
  /// options.
  let scaleWeights: Tensor

  /// Wraps another objective.
  /// - Parameters:
  ///   - base: The objective that the loss is added to.
  ///   - options: The threshold and coefficients.
  ///   - scaleWeights: The network's weights [1, 3, 1, 1] that join three scales; those of the options take their
  ///     place.
  public init(_ base: any Objective, options: DetailOptions = DetailOptions(), scaleWeights: Tensor) {
    self.base = base
    self.options = options
    self.scaleWeights =
      options.scaleWeights.map { Tensor($0.map(Float.init), shape: [1, 3, 1, 1]).to(device: scaleWeights.device) }
      ?? scaleWeights
  }

  /// The base's loss and the term `detail`.
  public func loss(output: SegmentationOutput, labels: Tensor) -> Loss {
    var loss = base.loss(output: output, labels: labels)
    guard let detail = output.detail else { return loss }
    let target = detailTarget(labels, scaleWeights: scaleWeights, threshold: options.threshold)
    let scores = detail.to(dtype: .float32).upsampleBilinear2d(size: target.spatialSize, alignCorners: true)
    let (dice, crossEntropy) =
      switch options.form {
      case .scores: (diceLoss(scores, target), binaryCrossEntropyWithLogits(scores, target))
      case .probabilities: maskedLosses(scores, target, mask: withoutGradients { edgesOfLabelledPixels(labels) })
      }
    let sum = dice * options.diceCoefficient + crossEntropy * options.crossEntropyCoefficient
    loss.add(sum * options.coefficient, name: "detail")
    return loss
  }

  /// The Dice loss of probabilities, and the cross entropy, over the pixels at which the mask is 1.
  private func maskedLosses(_ scores: Tensor, _ target: Tensor, mask: Tensor) -> (dice: Tensor, crossEntropy: Tensor) {
    let crossEntropy = (binaryCrossEntropyWithLogits(scores, target, reduction: .none) * mask).sum()
    return (diceLoss(scores.sigmoid() * mask, target * mask), crossEntropy / SharedBatch.divisor(mask.sum()).nonzero)
  }
}

/// The edges of a label map [N, H, W] as float32 0 or 1, [N, 1, H, W]: the Laplacian of the labels at three scales,
/// joined by `scaleWeights` and compared with `threshold`. As in the PyTorch reference, unlabelled pixels (255) have
/// edges too.
public func detailTarget(_ labels: Tensor, scaleWeights: Tensor, threshold: Double) -> Tensor {
  withoutGradients {
    let joined = labelEdges(labels).conv2d(weight: scaleWeights.detached().to(dtype: .float32))
    return (joined .> threshold).to(dtype: .float32)
  }
}

/// The Laplacian of a label map at strides 1, 2 and 4, each resized to full size by nearest neighbour: [N, 3, H, W].
func labelEdges(_ labels: Tensor) -> Tensor {
  let kernel = Tensor([-1, -1, -1, -1, 8, -1, -1, -1, -1] as [Float], shape: [1, 1, 3, 3]).to(device: labels.device)
  let map = labels.unsqueeze(1).to(dtype: .float32)
  return atThreeScales(map) { map.conv2d(weight: kernel, stride: $0, padding: 1) }
}

/// A mask, float32 [N, 1, H, W], that is 1 if none of the labels from which a pixel's edge is computed is ignored, else
/// 0.
func edgesOfLabelledPixels(_ labels: Tensor) -> Tensor {
  let ignored = (labels .== Double(ignoredLabel)).to(dtype: .float32).unsqueeze(1)
  return 1 - atThreeScales(ignored) { ignored.maxPool2d(kernel: 3, stride: $0, padding: 1) }.max([1], keep: true)
}

/// The results of `body` at strides 1, 2 and 4, each resized to the size of `map` by nearest neighbour: [N, 3, H, W].
private func atThreeScales(_ map: Tensor, _ body: (IntPair) -> Tensor) -> Tensor {
  cat(
    [1, 2, 4].map { stride in
      let scaled = body(IntPair(stride))
      return stride == 1 ? scaled : scaled.upsampleNearest2d(size: map.spatialSize)
    })
}

/// The Dice loss 1 - (2 Σ x t + s) / (Σ x + Σ t + s) of each image, averaged over the batch. Here x are probabilities
/// or, as in the PyTorch reference, raw scores.
/// - Parameters:
///   - x: Probabilities or scores, [N, ...].
///   - target: The labels t as 0 and 1, in the same shape.
///   - smooth: The number s.
public func diceLoss(_ x: Tensor, _ target: Tensor, smooth: Double = 1) -> Tensor {
  let x = x.flatten(from: 1)
  let target = target.flatten(from: 1)
  let overlap = (x * target).sum([1])
  return (1 - (2 * overlap + smooth) / (x.sum([1]) + target.sum([1]) + smooth)).mean()
}
