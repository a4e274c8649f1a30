/// Batch normalization over channels: [N, channels, H, W] in and out.
///
/// In training it goes by the batch's mean and variance, and the running ones move by the share `momentum`; otherwise it
/// goes by the running ones.
public final class BatchNorm2d: Module, Layer {
  /// The factor for each channel after normalization: [channels].
  @Parameter public var weight: Tensor
  /// The number that is added to each channel after normalization: [channels].
  @Parameter public var bias: Tensor
  /// The running mean of each channel: [channels].
  @Buffer public var runningMean: Tensor
  /// The running variance of each channel: [channels].
  @Buffer public var runningVar: Tensor
  /// The number of training batches that the layer has seen: an int64 of rank 0.
  @Buffer public var numBatchesTracked: Tensor
  let momentum: Double
  /// The number that is added to variances.
  public let epsilon: Double
  /// Processes whose batches count as one in training. All of them run the same layers in the same order.
  package var group: ProcessGroup?

  /// Makes a layer whose factors are 1 and whose running statistics are those of a standard normal distribution.
  /// - Parameters:
  ///   - momentum: The share by which the running statistics move to those of a batch.
  ///   - epsilon: A number that is added to variances, so that nothing is divided by 0.
  public init(_ channels: Int, momentum: Double = 0.1, epsilon: Double = 1e-5) {
    _weight = Parameter(wrappedValue: .ones([channels]))
    _bias = Parameter(wrappedValue: .zeros([channels]))
    _runningMean = Buffer(wrappedValue: .zeros([channels]))
    _runningVar = Buffer(wrappedValue: .ones([channels]))
    _numBatchesTracked = Buffer(wrappedValue: .zeros([], dtype: .int64))
    self.momentum = momentum
    self.epsilon = epsilon
  }

  /// Normalizes images: [N, channels, H, W] in and out.
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
    if let group {
      return x.batchNormSynchronized(
        in: group, weight: weight, bias: bias, runningMean: runningMean, runningVar: runningVar, momentum: momentum,
        epsilon: epsilon, low: low, high: high)
    }
    return x.batchNormByBatchStatistics(
      weight: weight, bias: bias, runningMean: runningMean, runningVar: runningVar, momentum: momentum,
      epsilon: epsilon, low: low, high: high)
  }
}

extension Module {
  /// Makes all batch normalizations below go by the batches of all processes of a group in training, or, with `nil`, by
  /// this process's alone. Names, weights and running statistics stay as they are.
  public func synchronizeBatchNorm(over group: ProcessGroup?) {
    visit { _, module in (module as? BatchNorm2d)?.group = group }
  }
}
