import Basics
import Testing
import Torch

/// Batch normalization in training, alone and with ReLU and ReLU6, against libtorch's operators in float64.
@Suite struct FusedBatchNormTests {
  struct Outcome {
    let y, input, weight, bias, mean, variance: Tensor
  }

  /// The layers on `x`, and the gradients for `upstream`.
  func outcome(of layers: Sequential, _ x: Tensor, upstream: Tensor) -> Outcome {
    let norm = layers.layers[0] as! BatchNorm2d
    let x = x.detached()
    x.requiresGrad = true
    layers.clearGradients()
    let y = layers(x)
    y.backward(gradient: upstream)
    return Outcome(
      y: y.detached(), input: x.grad!, weight: norm.weight.grad!, bias: norm.bias.grad!, mean: norm.runningMean,
      variance: norm.runningVar)
  }

  /// The same by separate operators in float64.
  func expected(_ norm: BatchNorm2d, _ kind: Activation.Kind, _ x: Tensor, upstream: Tensor) -> Outcome {
    func double(_ tensor: Tensor) -> Tensor { tensor.detached().to(dtype: .float64) }
    let (x, weight, bias) = (double(x), double(norm.weight), double(norm.bias))
    for tensor in [x, weight, bias] { tensor.requiresGrad = true }
    let (mean, variance) = (double(norm.runningMean), double(norm.runningVar))
    let normalized = x.batchNorm(
      weight: weight, bias: bias, runningMean: mean, runningVar: variance, training: true, momentum: 0.1, epsilon: 1e-5)
    let y = Activation(kind)(normalized)
    y.backward(gradient: double(upstream))
    return Outcome(
      y: y.detached(), input: x.grad!, weight: weight.grad!, bias: bias.grad!, mean: mean, variance: variance)
  }

  /// A layer, an input of its channels, and a gradient of its output.
  func example(_ shape: [Int]) -> (norm: BatchNorm2d, x: Tensor, upstream: Tensor) {
    var random = SplitMix64(state: UInt64(shape[1]))
    let channels = shape[1]
    let norm = BatchNorm2d(channels)
    withoutGradients {
      norm.weight.copyInPlace(random.tensor([channels]).abs() + 0.5)
      norm.bias.copyInPlace(random.tensor([channels]))
      norm.runningMean.copyInPlace(random.tensor([channels]))
    }
    return (norm, random.tensor(shape), random.tensor(shape))
  }

  /// The gradient without that of values which lie so near to a bend of the activation that rounding decides on which side.
  func decided(_ upstream: Tensor, _ norm: BatchNorm2d, _ x: Tensor) -> Tensor {
    let y = expected(norm, .none, x, upstream: upstream).y
    let isNear = (y.abs() .< 1e-4) .| ((y - 6).abs() .< 1e-4)
    return upstream * (1 - isNear.to(dtype: upstream.dtype))
  }

  /// The largest difference, as a share of the largest expected value or of 1.
  func difference(_ found: Tensor, _ expected: Tensor) -> Double {
    let expected = expected.to(dtype: .float64)
    return (found.to(dtype: .float64) - expected).abs().max().item / max(1, expected.abs().max().item)
  }

  func expectEqual(
    _ found: Outcome, _ expected: Outcome, maps: Double, sums: Double, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(difference(found.y, expected.y) < maps, sourceLocation: sourceLocation)
    #expect(difference(found.input, expected.input) < maps, sourceLocation: sourceLocation)
    #expect(difference(found.weight, expected.weight) < sums, sourceLocation: sourceLocation)
    #expect(difference(found.bias, expected.bias) < sums, sourceLocation: sourceLocation)
    #expect(difference(found.mean, expected.mean) < 1e-6, sourceLocation: sourceLocation)
    #expect(difference(found.variance, expected.variance) < 1e-6, sourceLocation: sourceLocation)
  }

  @Test(arguments: [1, 3, 8, 16, 19, 32, 70, 112, 240], [Activation.Kind.relu, .relu6, .none])
  func equalsTheSeparateOperators(channels: Int, kind: Activation.Kind) {
    // Values of a channel lie far from zero, where sums of squares would lose digits.
    let (norm, values, gradient) = example([3, channels, 13, 17])
    let offsets = Tensor((0..<channels).map { Float($0 % 7) * 10 - 20 }, shape: [1, channels, 1, 1])
    let x = (values + offsets).contiguous(.channelsLast)
    let upstream = decided(gradient, norm, x)
    let expected = expected(norm, kind, x, upstream: upstream)
    let found = outcome(of: Sequential(norm, Activation(kind)), x, upstream: upstream)
    expectEqual(found, expected, maps: 2e-5, sums: 2e-5)
    #expect(norm.numBatchesTracked.itemInt == 1)
    #expect(found.y.strides == x.strides)
  }

  @Test func otherLayoutsGiveTheSame() {
    let (norm, x, gradient) = example([2, 24, 9, 11])
    let upstream = decided(gradient, norm, x)
    let expected = expected(norm, .relu, x, upstream: upstream)
    expectEqual(
      outcome(of: Sequential(norm, Activation(.relu, inPlace: true)), x, upstream: upstream), expected, maps: 1e-5,
      sums: 1e-5)
  }

  @Test func bfloat16MapsHaveFloat32Statistics() {
    let (norm, values, gradient) = example([2, 48, 16, 9])
    let x = (values + 3).to(dtype: .bfloat16).contiguous(.channelsLast)
    let upstream = decided(gradient.to(dtype: .bfloat16), norm, x)
    let expected = expected(norm, .relu, x, upstream: upstream)
    let found = outcome(of: Sequential(norm, Activation(.relu)), x, upstream: upstream)
    #expect(found.y.dtype == .bfloat16)
    #expect(found.input.dtype == .bfloat16)
    expectEqual(found, expected, maps: 8e-3, sums: 1e-5)
  }

  @Test func anyNumberOfThreadsGivesTheSameNumbers() {
    let (norm, values, upstream) = example([2, 40, 64, 65])
    let x = values.contiguous(.channelsLast)
    let before = Libtorch.threads
    defer { Libtorch.threads = before }
    let layers = Sequential(norm, Activation(.relu))
    let outcomes = [1, 3].map { threads in
      Libtorch.threads = threads
      return outcome(of: layers, x, upstream: upstream)
    }
    for path in [\Outcome.y, \.input, \.weight, \.bias] {
      #expect(outcomes[0][keyPath: path].elements(Float.self) == outcomes[1][keyPath: path].elements(Float.self))
    }
  }

  @Test func valuesThatAreNotNumbersAreNotHidden() {
    let x = Tensor.zeros([2, 16, 4, 4]).contiguous(.channelsLast)
    x.slice(0..<1, dimension: 1).maskedFillInPlace(.ones([2, 1, 4, 4], dtype: .bool), .nan)
    let y = BatchNorm2d(16).relu(x)
    #expect(y.elements(Float.self).filter(\.isNaN).count == 32)
  }

  @Test func anInputWithoutGradientGetsNone() {
    let (norm, values, _) = example([2, 8, 4, 4])
    let x = values.contiguous(.channelsLast)
    norm.relu(x).sum().backward()
    #expect(x.grad == nil)
    #expect(norm.weight.grad != nil)
  }

  @Test func evaluationKeepsTheSeparateOperators() {
    let layers = Sequential(BatchNorm2d(8), Activation(.relu, inPlace: true)).eval()
    let x = Tensor.ones([2, 8, 4, 4])
    let calls = recordOperators { withoutGradients { _ = layers(x) } }
    #expect(calls.map(\.name) == ["batch_norm", "relu_"])
  }
}
