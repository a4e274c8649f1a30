import SegmentationModels
import Torch

/// Adds the loss of STDC's detail head, which learns where the labels have edges.
///
/// https://arxiv.org/abs/2104.13188, section 3.3. The Laplacian that finds the edges is fixed and no part of the network;
/// the weights that join its three scales are no more than compared with a threshold and so get no gradient. Of the
/// network, the loss trains the detail head and all before it.
public struct DetailObjective: Objective {
  let base: any Objective
  let options: DetailOptions
  /// 1x1 weights [1, 3, 1, 1] that join the edges of three scales: the network's `detail_conv`, or those of the options.
  let scaleWeights: Tensor

  public init(_ base: any Objective, options: DetailOptions = DetailOptions(), scaleWeights: Tensor) {
    self.base = base
    self.options = options
    self.scaleWeights =
      options.scaleWeights.map { Tensor($0.map(Float.init), shape: [1, 3, 1, 1]).to(device: scaleWeights.device) }
      ?? scaleWeights
  }

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

  /// The Dice loss of probabilities and the cross entropy, over the pixels where the mask is 1.
  private func maskedLosses(_ scores: Tensor, _ target: Tensor, mask: Tensor) -> (dice: Tensor, crossEntropy: Tensor) {
    let crossEntropy = (binaryCrossEntropyWithLogits(scores, target, reduction: .none) * mask).sum()
    return (diceLoss(scores.sigmoid() * mask, target * mask), crossEntropy / SharedBatch.divisor(mask.sum()).nonzero)
  }
}

/// Edges of a label map [N, H, W] as float32 0 or 1, [N, 1, H, W]: the Laplacian of the labels at three scales, joined by
/// `scaleWeights` and cut at `threshold`. Unlabelled pixels (255) have edges too, as in the PyTorch reference.
public func detailTarget(_ labels: Tensor, scaleWeights: Tensor, threshold: Double) -> Tensor {
  withoutGradients {
    let joined = labelEdges(labels).conv2d(weight: scaleWeights.detached().to(dtype: .float32))
    return (joined .> threshold).to(dtype: .float32)
  }
}

/// The Laplacian of a label map at strides 1, 2 and 4, each brought to full size by nearest neighbour: [N, 3, H, W].
func labelEdges(_ labels: Tensor) -> Tensor {
  let kernel = Tensor([-1, -1, -1, -1, 8, -1, -1, -1, -1] as [Float], shape: [1, 1, 3, 3]).to(device: labels.device)
  let map = labels.unsqueeze(1).to(dtype: .float32)
  return atThreeScales(map) { map.conv2d(weight: kernel, stride: $0, padding: 1) }
}

/// 1 where none of the labels that an edge is computed from is ignored, 0 elsewhere: float32 [N, 1, H, W].
func edgesOfLabelledPixels(_ labels: Tensor) -> Tensor {
  let ignored = (labels .== Double(ignoredLabel)).to(dtype: .float32).unsqueeze(1)
  return 1 - atThreeScales(ignored) { ignored.maxPool2d(kernel: 3, stride: $0, padding: 1) }.max([1], keep: true)
}

/// The results of `body` at strides 1, 2 and 4, each brought to the size of `map` by nearest neighbour: [N, 3, H, W].
private func atThreeScales(_ map: Tensor, _ body: (IntPair) -> Tensor) -> Tensor {
  cat(
    [1, 2, 4].map { stride in
      let scaled = body(IntPair(stride))
      return stride == 1 ? scaled : scaled.upsampleNearest2d(size: map.spatialSize)
    })
}

/// 1 - (2 Σ x t + s) / (Σ x + Σ t + s) for each image of the batch, averaged: of probabilities x, or of raw scores as in
/// the PyTorch reference.
public func diceLoss(_ x: Tensor, _ target: Tensor, smooth: Double = 1) -> Tensor {
  let x = x.flatten(from: 1)
  let target = target.flatten(from: 1)
  let overlap = (x * target).sum([1])
  return (1 - (2 * overlap + smooth) / (x.sum([1]) + target.sum([1]) + smooth)).mean()
}
