/// Layer normalization over the last dimension.
public final class LayerNorm: Module, Layer {
  /// The factor for each feature after normalization: [features].
  @Parameter public var weight: Tensor
  /// The number that is added to each feature after normalization: [features].
  @Parameter public var bias: Tensor
  let epsilon: Double

  /// Makes a layer whose factors are 1.
  /// - Parameter epsilon: A number that is added to variances, so that nothing is divided by 0.
  public init(_ features: Int, epsilon: Double = 1e-5) {
    _weight = Parameter(wrappedValue: .ones([features]))
    _bias = Parameter(wrappedValue: .zeros([features]))
    self.epsilon = epsilon
  }

  /// Normalizes over the last dimension: [..., features] in and out.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    x.layerNorm(weight.shape, weight: weight, bias: bias, epsilon: epsilon)
  }
}

/// Group normalization: [N, channels, H, W] in and out, each image's groups of channels on their own.
public final class GroupNorm: Module, Layer {
  /// The factor for each channel after normalization: [channels].
  @Parameter public var weight: Tensor
  /// The number that is added to each channel after normalization: [channels].
  @Parameter public var bias: Tensor
  let groups: Int
  let epsilon: Double

  /// Makes a layer whose factors are 1.
  /// - Parameters:
  ///   - groups: The number of groups, which divides the number of channels.
  ///   - epsilon: A number that is added to variances, so that nothing is divided by 0.
  public init(groups: Int, _ channels: Int, epsilon: Double = 1e-5) {
    _weight = Parameter(wrappedValue: .ones([channels]))
    _bias = Parameter(wrappedValue: .zeros([channels]))
    self.groups = groups
    self.epsilon = epsilon
  }

  /// Normalizes images: [N, channels, H, W] in and out.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    x.groupNorm(groups: groups, weight: weight, bias: bias, epsilon: epsilon)
  }
}
