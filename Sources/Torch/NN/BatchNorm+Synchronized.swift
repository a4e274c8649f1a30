import CTorch

extension Tensor {
  /// Normalizes each channel by the statistics of the batches of all processes, which may differ in size, updates the
  /// running ones, and clamps the result.
  ///
  /// Values, running statistics and gradients are those of one process that sees the whole batch, to rounding.
  func batchNormSynchronized(
    in group: ProcessGroup, weight: Tensor, bias: Tensor, runningMean: Tensor, runningVar: Tensor, momentum: Double,
    epsilon: Double, low: Double, high: Double
  ) -> Tensor {
    .make {
      ct_batch_norm_synchronized(
        group.handle, handle, weight.handle, bias.handle, runningMean.handle, runningVar.handle, momentum, epsilon, low,
        high, $0)
    }
  }
}
