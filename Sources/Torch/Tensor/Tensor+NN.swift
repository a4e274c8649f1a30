import Basics
import CTorch

// Images are [N, C, H, W]. Layers with parameters are in NN/; these are the operations behind them.
extension Tensor {
  /// 2-D convolution; `weight` is [out, in / groups, kernel height, kernel width].
  public func conv2d(
    weight: Tensor, bias: Tensor? = nil, stride: IntPair = 1, padding: IntPair = 0, dilation: IntPair = 1,
    groups: Int = 1
  ) -> Tensor {
    .make {
      ct_conv2d(
        handle, weight.handle, bias?.handle, stride.array, padding.array, dilation.array, groups, $0)
    }
  }

  /// Transposed 2-D convolution; `weight` is [in, out / groups, kernel height, kernel width].
  public func convTranspose2d(
    weight: Tensor, bias: Tensor? = nil, stride: IntPair = 1, padding: IntPair = 0, outputPadding: IntPair = 0,
    dilation: IntPair = 1, groups: Int = 1
  ) -> Tensor {
    .make {
      ct_conv_transpose2d(
        handle, weight.handle, bias?.handle, stride.array, padding.array, outputPadding.array, dilation.array, groups,
        $0)
    }
  }

  /// x Wᵀ + b over the last dimension; `weight` is [out, in].
  public func linear(weight: Tensor, bias: Tensor? = nil) -> Tensor {
    .make { ct_linear(handle, weight.handle, bias?.handle, $0) }
  }

  /// Normalizes each channel, by the batch's statistics in training (running ones are then updated) or the running ones.
  public func batchNorm(
    weight: Tensor?, bias: Tensor?, runningMean: Tensor?, runningVar: Tensor?, training: Bool, momentum: Double,
    epsilon: Double
  ) -> Tensor {
    .make {
      ct_batch_norm(
        handle, weight?.handle, bias?.handle, runningMean?.handle, runningVar?.handle, training, momentum, epsilon, $0)
    }
  }

  /// Normalizes each channel by the batch's statistics, updates the running ones, and clamps the result.
  ///
  /// On the CPU this is one operator for channels-last maps of float32 or bfloat16, which keeps nothing but its input for
  /// the backward pass, and whose results do not depend on the number of threads; otherwise libtorch's operators.
  func batchNormByBatchStatistics(
    weight: Tensor, bias: Tensor, runningMean: Tensor, runningVar: Tensor, momentum: Double, epsilon: Double,
    low: Double, high: Double
  ) -> Tensor {
    .make {
      ct_batch_norm_clamped(
        handle, weight.handle, bias.handle, runningMean.handle, runningVar.handle, momentum, epsilon, low, high, $0)
    }
  }

  /// Normalizes over the last dimensions, whose sizes are `shape`.
  public func layerNorm(_ shape: [Int], weight: Tensor?, bias: Tensor?, epsilon: Double = 1e-5) -> Tensor {
    .make { ct_layer_norm(handle, shape, shape.count, weight?.handle, bias?.handle, epsilon, $0) }
  }

  /// Normalizes each group of channels of each image.
  public func groupNorm(groups: Int, weight: Tensor?, bias: Tensor?, epsilon: Double = 1e-5) -> Tensor {
    .make { ct_group_norm(handle, groups, weight?.handle, bias?.handle, epsilon, $0) }
  }

  /// Zeroes elements (or whole channels) at random and scales the rest, in training alone.
  public func dropout(_ probability: Double, channels: Bool = false, training: Bool) -> Tensor {
    .make { ct_dropout(handle, probability, channels, training, $0) }
  }

  /// The largest value of each window: [N, C, H, W] in, [N, C, H', W'] out.
  /// - Parameters:
  ///   - kernel: The height and width of the windows.
  ///   - stride: The steps between windows; the kernel's size if it is `nil`.
  ///   - padding: How far windows reach over each edge. Places outside the image never count.
  ///   - ceilMode: Whether a window that lies on the image in part gives an output too.
  public func maxPool2d(
    kernel: IntPair, stride: IntPair? = nil, padding: IntPair = 0, ceilMode: Bool = false
  ) -> Tensor {
    .make { ct_max_pool2d(handle, kernel.array, (stride ?? kernel).array, padding.array, ceilMode, $0) }
  }

  /// The largest value of each window, and its place in the input's plane, which `maxUnpool2d` takes.
  public func maxPool2dWithIndices(
    kernel: IntPair, stride: IntPair? = nil, padding: IntPair = 0, ceilMode: Bool = false
  ) -> (values: Tensor, indices: Tensor) {
    let (values, indices) = Tensor.makePair {
      ct_max_pool2d_indices(handle, kernel.array, (stride ?? kernel).array, padding.array, ceilMode, $0, $1)
    }
    return (values, indices)
  }

  /// Puts each element at the place that `indices` names in planes of the given height and width. All other places are
  /// zero.
  public func maxUnpool2d(indices: Tensor, size: ImageSize) -> Tensor {
    .make { ct_max_unpool2d(handle, indices.handle, size.sides, $0) }
  }

  /// The mean of each window: [N, C, H, W] in, [N, C, H', W'] out.
  /// - Parameters:
  ///   - kernel: The height and width of the windows.
  ///   - stride: The steps between windows; the kernel's size if it is `nil`.
  ///   - padding: How many zeros are added at each edge.
  ///   - ceilMode: Whether a window that lies on the image in part gives an output too.
  ///   - countPadding: Whether the added zeros count as elements of the mean.
  public func avgPool2d(
    kernel: IntPair, stride: IntPair? = nil, padding: IntPair = 0, ceilMode: Bool = false, countPadding: Bool = true
  ) -> Tensor {
    .make { ct_avg_pool2d(handle, kernel.array, (stride ?? kernel).array, padding.array, ceilMode, countPadding, $0) }
  }

  /// Averages into the given height and width.
  public func adaptiveAvgPool2d(_ size: IntPair) -> Tensor { .make { ct_adaptive_avg_pool2d(handle, size.array, $0) } }

  /// Averages into a map of a size.
  public func adaptiveAvgPool2d(to size: ImageSize) -> Tensor {
    .make { ct_adaptive_avg_pool2d(handle, size.sides, $0) }
  }

  /// The largest value in each cell of a grid: [N, C, H, W] in, [N, C, height, width] out.
  public func adaptiveMaxPool2d(_ size: IntPair) -> Tensor { .make { ct_adaptive_max_pool2d(handle, size.array, $0) } }

  /// Bilinear resizing to a height and width.
  public func upsampleBilinear2d(size: ImageSize, alignCorners: Bool) -> Tensor {
    .make { ct_upsample_bilinear2d(handle, size.sides, nil, alignCorners, $0) }
  }

  /// Bilinear resizing by a factor; the size is rounded down.
  public func upsampleBilinear2d(scale: Double, alignCorners: Bool) -> Tensor {
    .make { ct_upsample_bilinear2d(handle, nil, [scale, scale], alignCorners, $0) }
  }

  /// Cubic resizing to a height and width: [N, C, H, W] in, [N, C, height, width] out.
  /// - Parameter antialias: Takes Keys' filter with a = -0.5, and widens it along an axis that becomes shorter. Without it,
  ///   a is -0.75 and four pixels along each axis are read.
  public func upsampleBicubic2d(size: ImageSize, alignCorners: Bool = false, antialias: Bool = false) -> Tensor {
    let resize = antialias ? ct_upsample_bicubic2d_antialiased : ct_upsample_bicubic2d
    return .make { resize(handle, size.sides, alignCorners, $0) }
  }

  /// Resizing to a height and width by the nearest pixel: [N, C, H, W] in, [N, C, height, width] out.
  public func upsampleNearest2d(size: ImageSize) -> Tensor {
    .make { ct_upsample_nearest2d(handle, size.sides, nil, $0) }
  }

  /// Resizing by a factor, by the nearest pixel; the size is rounded down.
  public func upsampleNearest2d(scale: Double) -> Tensor {
    .make { ct_upsample_nearest2d(handle, nil, [scale, scale], $0) }
  }

  /// [N, C f², H, W] in, [N, C, H f, W f] out.
  public func pixelShuffle(_ factor: Int) -> Tensor { .make { ct_pixel_shuffle(handle, factor, $0) } }
}

// MARK: - Activations

extension Tensor {
  /// max(0, x) of each element.
  public func relu() -> Tensor { .make { ct_relu(handle, $0) } }
  /// Replaces each element by max(0, x). It saves memory for a fresh tensor that nothing else reads.
  public func reluInPlace() { check(ct_relu_(handle)) }
  /// 1 / (1 + exp(-x)) of each element.
  public func sigmoid() -> Tensor { .make { ct_sigmoid(handle, $0) } }
  /// The hyperbolic tangent of each element.
  public func tanh() -> Tensor { .make { ct_tanh(handle, $0) } }
  /// x · sigmoid(x) of each element, which is also called swish.
  public func silu() -> Tensor { .make { ct_silu(handle, $0) } }
  /// x · hardsigmoid(x) of each element.
  public func hardswish() -> Tensor { .make { ct_hardswish(handle, $0) } }
  /// x / 6 + 1 / 2 of each element, limited to 0 to 1.
  public func hardsigmoid() -> Tensor { .make { ct_hardsigmoid(handle, $0) } }
  /// The scaled exponential linear unit of each element (<https://arxiv.org/abs/1706.02515>).
  public func selu() -> Tensor { .make { ct_selu(handle, $0) } }
  /// Each element, limited to `lower` to `upper`.
  public func hardtanh(_ lower: Double = -1, _ upper: Double = 1) -> Tensor {
    .make { ct_hardtanh(handle, lower, upper, $0) }
  }
  /// Limits each element to `lower` to `upper`. It saves memory for a fresh tensor that nothing else reads.
  public func hardtanhInPlace(_ lower: Double, _ upper: Double) { check(ct_hardtanh_(handle, lower, upper)) }
  /// Each element, those below 0 times `slope`.
  public func leakyReLU(_ slope: Double = 0.01) -> Tensor { .make { ct_leaky_relu(handle, slope, $0) } }
  /// Each element, those below 0 as `alpha · (exp(x) - 1)`.
  public func elu(_ alpha: Double = 1) -> Tensor { .make { ct_elu(handle, alpha, $0) } }
  /// x · Φ(x) of each element, where Φ is the normal distribution's cumulative function.
  /// - Parameter tanhApproximation: Whether Φ is computed from the hyperbolic tangent, which is faster and less exact.
  public func gelu(tanhApproximation: Bool = false) -> Tensor { .make { ct_gelu(handle, tanhApproximation, $0) } }
  /// `weight` has one element or one a channel.
  public func prelu(_ weight: Tensor) -> Tensor { .make { ct_prelu(handle, weight.handle, $0) } }
  /// The probabilities of scores along a dimension: each is positive, and their sum is 1.
  public func softmax(dimension: Int) -> Tensor { .make { ct_softmax(handle, dimension, $0) } }
  /// The logarithms of the probabilities of scores along a dimension.
  public func logSoftmax(dimension: Int) -> Tensor { .make { ct_log_softmax(handle, dimension, $0) } }
}

// MARK: - Losses

/// How a loss over many elements becomes one number.
public enum LossReduction: Int32, Sendable {
  /// There is no reduction: the result has one number for each element.
  case none = 0
  /// The mean of all elements, of rank 0.
  case mean = 1
  /// The sum of all elements, of rank 0.
  case sum = 2
}

/// Cross entropy of logits [N, C, H, W] against int64 labels [N, H, W]; pixels labelled `ignoreIndex` do not count.
///
/// The weighted mean divides by the sum of the weights of the labelled pixels, as in PyTorch; with no labelled pixel at
/// all it is NaN (the training objectives guard against that).
public func crossEntropy(
  _ logits: Tensor, _ labels: Tensor, weight: Tensor? = nil, reduction: LossReduction = .mean, ignoreIndex: Int = 255,
  labelSmoothing: Double = 0
) -> Tensor {
  .make {
    ct_cross_entropy(
      logits.handle, labels.handle, weight?.handle, reduction.rawValue, ignoreIndex, labelSmoothing, $0)
  }
}

/// Binary cross entropy of logits against targets in [0, 1] of the same shape.
public func binaryCrossEntropyWithLogits(
  _ logits: Tensor, _ target: Tensor, reduction: LossReduction = .mean
) -> Tensor {
  .make { ct_bce_with_logits(logits.handle, target.handle, reduction.rawValue, $0) }
}

/// Kullback–Leibler divergence of log-probabilities from target probabilities; the mean is over all elements.
public func klDivergence(
  _ logInput: Tensor, _ target: Tensor, logTarget: Bool = false, reduction: LossReduction = .mean
) -> Tensor {
  .make { ct_kl_div(logInput.handle, target.handle, logTarget, reduction.rawValue, $0) }
}

/// The squared difference of two tensors of one shape.
public func meanSquaredError(_ x: Tensor, _ target: Tensor, reduction: LossReduction = .mean) -> Tensor {
  .make { ct_mse_loss(x.handle, target.handle, reduction.rawValue, $0) }
}
