import SegmentationModels
import Torch

/// Adds the loss of STDC's detail head, which learns where the labels have edges.
///
/// https://arxiv.org/abs/2104.13188, section 3.3
public struct DetailObjective: Objective {
  let base: any Objective
  /// 1x1 weights [1, 3, 1, 1] that join the edges of three scales: the network's `detail_conv`.
  let scaleWeights: Tensor
  let coefficient: Double
  let threshold: Double
  let diceCoefficient: Double
  let crossEntropyCoefficient: Double

  public init(
    _ base: any Objective, scaleWeights: Tensor, coefficient: Double = 1, threshold: Double = 0.1,
    diceCoefficient: Double = 1, crossEntropyCoefficient: Double = 1
  ) {
    self.base = base
    self.scaleWeights = scaleWeights
    self.coefficient = coefficient
    self.threshold = threshold
    self.diceCoefficient = diceCoefficient
    self.crossEntropyCoefficient = crossEntropyCoefficient
  }

  public func loss(output: SegmentationOutput, labels: Tensor) -> Loss {
    var loss = base.loss(output: output, labels: labels)
    guard let detail = output.detail else { return loss }
    let target = detailTarget(labels, scaleWeights: scaleWeights, threshold: threshold)
    let logits = detail.to(dtype: .float32).upsampleBilinear2d(size: target.spatialSize, alignCorners: true)
    let dice = diceLoss(logits, target) * diceCoefficient
    let crossEntropy = binaryCrossEntropyWithLogits(logits, target) * crossEntropyCoefficient
    loss.add((dice + crossEntropy) * coefficient, name: "detail")
    return loss
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
  return cat(
    [1, 2, 4].map { stride in
      let edges = map.conv2d(weight: kernel, stride: IntPair(stride), padding: 1)
      return stride == 1 ? edges : edges.upsampleNearest2d(size: map.spatialSize)
    })
}

/// 1 - (2 Σ x t + s) / (Σ x + Σ t + s) for each image of the batch, averaged. `x` are raw scores, as in the reference.
public func diceLoss(_ x: Tensor, _ target: Tensor, smooth: Double = 1) -> Tensor {
  let x = x.flatten(from: 1)
  let target = target.flatten(from: 1)
  let overlap = (x * target).sum([1])
  return (1 - (2 * overlap + smooth) / (x.sum([1]) + target.sum([1]) + smooth)).mean()
}
