import Torch

/// The weight [outputs, inputs / groups, k, k] and the bias [outputs] of one convolution that computes what several
/// layers compute in evaluation, in float64 on the CPU.
struct MergedConv {
  var weight: Tensor
  var bias: Tensor

  private init(weight: Tensor, bias: Tensor) {
    self.weight = weight
    self.bias = bias
  }

  /// A convolution and the normalization after it.
  init(_ conv: Conv2d, _ norm: BatchNorm2d) {
    let weight = Self.wide(conv.weight)
    self.init(weight: weight, bias: conv.bias.map(Self.wide) ?? .zeros([weight.size(0)], dtype: .float64, device: .cpu))
    normalize(by: norm)
  }

  /// A normalization alone, as a 1x1 convolution.
  init(_ norm: BatchNorm2d) {
    let channels = norm.weight.count
    let numbers = Tensor.range(channels, device: .cpu)
    let identity = numbers.unsqueeze(1) .== numbers.unsqueeze(0)
    self.init(
      weight: identity.to(dtype: .float64).reshape([channels, channels, 1, 1]),
      bias: .zeros([channels], dtype: .float64, device: .cpu))
    normalize(by: norm)
  }

  private mutating func normalize(by norm: BatchNorm2d) {
    let scale = Self.wide(norm.weight) / (Self.wide(norm.runningVar) + norm.epsilon).sqrt()
    weight = weight * scale.reshape([-1, 1, 1, 1])
    bias = Self.wide(norm.bias) + (bias - Self.wide(norm.runningMean)) * scale
  }

  /// The convolution followed by a 1x1 convolution without padding; both without groups.
  func followed(by next: MergedConv) -> MergedConv {
    let matrix = next.weight.reshape([next.weight.size(0), next.weight.size(1)])
    let shape = weight.shape
    let product = matrix.matmul(weight.reshape([shape[0], -1]))
    return MergedConv(
      weight: product.reshape([matrix.size(0)] + shape.dropFirst()),
      bias: matrix.matmul(bias.unsqueeze(1)).squeeze(1) + next.bias)
  }

  /// The sum of two convolutions of the same map, of which each keeps the middle of its kernel over each pixel.
  static func + (a: MergedConv, b: MergedConv) -> MergedConv {
    let side = max(a.weight.size(2), b.weight.size(2))
    func padded(_ weight: Tensor) -> Tensor {
      let margin = (side - weight.size(2)) / 2
      return margin == 0 ? weight : weight.pad(left: margin, right: margin, top: margin, bottom: margin)
    }
    return MergedConv(weight: padded(a.weight) + padded(b.weight), bias: a.bias + b.bias)
  }

  /// Writes weight and bias into a convolution.
  func write(to conv: Conv2d) {
    withoutGradients {
      conv.weight.copyInPlace(weight.to(dtype: conv.weight.dtype, device: conv.weight.device))
      conv.bias!.copyInPlace(bias.to(dtype: conv.weight.dtype, device: conv.weight.device))
    }
  }

  private static func wide(_ tensor: Tensor) -> Tensor { tensor.detached().to(dtype: .float64, device: .cpu) }
}

/// A part of a network that trains as a sum of paths and becomes one convolution afterwards.
protocol Mergeable: Module {
  /// The convolution of the deployed form; `nil` while there are paths.
  var merged: Conv2d? { get }
  /// The one convolution that the paths amount to.
  func merging() -> MergedConv
}
