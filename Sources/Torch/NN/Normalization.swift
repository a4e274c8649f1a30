/// Batch normalization over channels: [N, channels, H, W] in and out.
///
/// In training, the batch's mean and variance, and the running ones move by the share `momentum`; otherwise the running
/// ones.
public final class BatchNorm2d: Module, Layer {
  @Parameter public var weight: Tensor
  @Parameter public var bias: Tensor
  @Buffer public var runningMean: Tensor
  @Buffer public var runningVar: Tensor
  @Buffer public var numBatchesTracked: Tensor
  let momentum: Double
  let epsilon: Double

  public init(_ channels: Int, momentum: Double = 0.1, epsilon: Double = 1e-5) {
    _weight = Parameter(wrappedValue: .ones([channels]))
    _bias = Parameter(wrappedValue: .zeros([channels]))
    _runningMean = Buffer(wrappedValue: .zeros([channels]))
    _runningVar = Buffer(wrappedValue: .ones([channels]))
    _numBatchesTracked = Buffer(wrappedValue: .zeros([], dtype: .int64))
    self.momentum = momentum
    self.epsilon = epsilon
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    if isTraining { return byBatchStatistics(x, low: -.infinity, high: .infinity) }
    return x.batchNorm(
      weight: weight, bias: bias, runningMean: runningMean, runningVar: runningVar, training: false,
      momentum: momentum, epsilon: epsilon)
  }

  /// Normalizes and applies ReLU; in training on the CPU, both are one operator.
  public func relu(_ x: Tensor) -> Tensor {
    if isTraining { return byBatchStatistics(x, low: 0, high: .infinity) }
    let y = self(x)
    y.reluInPlace()
    return y
  }

  /// The normalization of training, with the result clamped to a range.
  func byBatchStatistics(_ x: Tensor, low: Double, high: Double) -> Tensor {
    numBatchesTracked.addInPlace(1)
    return x.batchNormByBatchStatistics(
      weight: weight, bias: bias, runningMean: runningMean, runningVar: runningVar, momentum: momentum,
      epsilon: epsilon, low: low, high: high)
  }
}

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
