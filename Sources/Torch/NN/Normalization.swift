/// Layer normalization over the last dimension.
public final class LayerNorm: Module, Layer {
  @Parameter public var weight: Tensor
  @Parameter public var bias: Tensor
  let epsilon: Double

  public init(_ features: Int, epsilon: Double = 1e-5) {
    _weight = Parameter(wrappedValue: .ones([features]))
    _bias = Parameter(wrappedValue: .zeros([features]))
    self.epsilon = epsilon
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    x.layerNorm(weight.shape, weight: weight, bias: bias, epsilon: epsilon)
  }
}

/// Group normalization: [N, channels, H, W] in and out, each image's groups of channels on their own.
public final class GroupNorm: Module, Layer {
  @Parameter public var weight: Tensor
  @Parameter public var bias: Tensor
  let groups: Int
  let epsilon: Double

  public init(groups: Int, _ channels: Int, epsilon: Double = 1e-5) {
    _weight = Parameter(wrappedValue: .ones([channels]))
    _bias = Parameter(wrappedValue: .zeros([channels]))
    self.groups = groups
    self.epsilon = epsilon
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    x.groupNorm(groups: groups, weight: weight, bias: bias, epsilon: epsilon)
  }
}
