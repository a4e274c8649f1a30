import Basics
import Testing
import Torch

/// Batch normalization over the batches of several processes against libtorch's own over the whole batch, in float64.
@Suite(.enabled(if: ProcessGroup.backends.contains(.gloo), "this build has no gloo"))
struct SynchronizedBatchNormTests {
  struct Outcome: Sendable {
    var y, input, weight, bias, mean, variance: [Double]
  }

  /// A batch of several images, of which each process has some.
  struct Example: Sendable {
    var shares = [2, 2]
    var channels = 12
    var offset = 0.0
    var dtype = DType.float32
    var isChannelsLast = true
    var activation = Activation.Kind.none

    func tensors() -> (norm: BatchNorm2d, x: Tensor, upstream: Tensor) {
      var random = SplitMix64(state: UInt64(channels))
      let norm = BatchNorm2d(channels)
      withoutGradients {
        norm.weight.copyInPlace(random.tensor([channels]).abs() + 0.5)
        norm.bias.copyInPlace(random.tensor([channels]))
        norm.runningMean.copyInPlace(random.tensor([channels]))
      }
      let shape = [shares.reduce(0, +), channels, 7, 9]
      let offsets = Tensor((0..<channels).map { Float($0 % 5) * Float(offset) }, shape: [1, channels, 1, 1])
      // The processes see rounded values, and the expected values are computed from these.
      let x = (random.tensor(shape) + offsets).to(dtype: dtype)
      // The gradient of values that rounding may put on either side of a bend is zero.
      let y = Self.expected(norm, .none, x, upstream: .zeros(shape)).y
      let near = Tensor(y.map { abs($0) < 1e-3 || abs($0 - 6) < 1e-3 ? Float(0) : 1 }, shape: shape)
      return (norm, x, (random.tensor(shape) * near).to(dtype: dtype))
    }

    static func expected(_ norm: BatchNorm2d, _ kind: Activation.Kind, _ x: Tensor, upstream: Tensor) -> Outcome {
      func double(_ tensor: Tensor) -> Tensor { tensor.detached().to(dtype: .float64) }
      let (x, weight, bias) = (double(x), double(norm.weight), double(norm.bias))
      for tensor in [x, weight, bias] { tensor.requiresGrad = true }
      let (mean, variance) = (double(norm.runningMean), double(norm.runningVar))
      let y = Activation(kind)(
        x.batchNorm(
          weight: weight, bias: bias, runningMean: mean, runningVar: variance, training: true, momentum: 0.1,
          epsilon: 1e-5))
      y.backward(gradient: double(upstream))
      return Outcome(
        y: y.detached().elements(), input: x.grad!.elements(), weight: weight.grad!.elements(),
        bias: bias.grad!.elements(), mean: mean.elements(), variance: variance.elements())
    }

    /// The results of one process for its images.
    func outcome(_ group: ProcessGroup) throws -> Outcome {
      let (norm, all, upstream) = tensors()
      let start = shares[..<group.rank].reduce(0, +)
      let images = start..<start + shares[group.rank]
      var x = all.slice(images, dimension: 0).contiguous()
      if isChannelsLast { x = x.contiguous(.channelsLast) }
      x.requiresGrad = true
      norm.synchronizeBatchNorm(over: group)
      let layers = Sequential(norm, Activation(activation))
      let y = layers(x)
      try catchingTorchErrors { y.backward(gradient: upstream.slice(images, dimension: 0)) }
      #expect(y.dtype == dtype && x.grad!.dtype == dtype && norm.weight.grad!.dtype == .float32)
      #expect(norm.numBatchesTracked.itemInt == 1)
      return Outcome(
        y: y.detached().elements(), input: x.grad!.elements(), weight: norm.weight.grad!.elements(),
        bias: norm.bias.grad!.elements(), mean: norm.runningMean.elements(), variance: norm.runningVar.elements())
    }
  }

  /// The largest difference, as a share of the largest expected value or of 1.
  func difference(_ found: [Double], _ expected: [Double]) -> Double {
    guard found.count == expected.count, !found.contains(where: \.isNaN) else { return .infinity }
    return zip(found, expected).map { abs($0 - $1) }.max()! / max(1, expected.map(abs).max()!)
  }

  func check(_ example: Example, maps: Double, sums: Double) throws {
    let (norm, x, upstream) = example.tensors()
    let expected = Example.expected(norm, example.activation, x, upstream: upstream)
    let results = try ranks(example.shares.count) { try example.outcome($0) }
    let found = try results.map { try $0.get() }
    // The images of the processes follow each other.
    #expect(difference(found.flatMap(\.y), expected.y) < maps)
    #expect(difference(found.flatMap(\.input), expected.input) < maps)
    func sum(_ path: KeyPath<Outcome, [Double]>) -> [Double] {
      found.dropFirst().reduce(found[0][keyPath: path]) { zip($0, $1[keyPath: path]).map(+) }
    }
    #expect(difference(sum(\.weight), expected.weight) < sums)
    #expect(difference(sum(\.bias), expected.bias) < sums)
    for one in found {
      #expect(difference(one.mean, expected.mean) < 1e-6)
      #expect(difference(one.variance, expected.variance) < 1e-6)
    }
  }

  @Test(arguments: [Activation.Kind.none, .relu, .relu6], [true, false])
  func equalsOneProcessWithTheWholeBatch(activation: Activation.Kind, isChannelsLast: Bool) throws {
    try check(Example(isChannelsLast: isChannelsLast, activation: activation), maps: 2e-6, sums: 1e-5)
  }

  @Test func processesMayHaveDifferentNumbersOfImages() throws {
    try check(Example(shares: [1, 3, 2]), maps: 2e-6, sums: 1e-5)
    try check(Example(shares: [0, 2]), maps: 2e-6, sums: 1e-5)
  }

  @Test func valuesFarFromZeroKeepTheirDigits() throws {
    // float32 has seven digits, three of which the offset takes.
    try check(Example(offset: 500), maps: 2e-4, sums: 2e-3)
  }

  @Test func bfloat16MapsHaveFloat32Statistics() throws {
    try check(Example(offset: 1, dtype: .bfloat16, activation: .relu), maps: 8e-3, sums: 1e-4)
  }

  @Test func mapsWithoutGradientTakePart() throws {
    let results = try ranks(2) { group in
      var random = SplitMix64(state: UInt64(group.rank + 1))
      let norm = BatchNorm2d(3)
      norm.synchronizeBatchNorm(over: group)
      let x = random.tensor([2, 3, 4, 4])
      // Only the second process's input has a gradient.
      x.requiresGrad = group.rank == 1
      try catchingTorchErrors { (norm(x) * random.tensor([2, 3, 4, 4])).sum().backward() }
      return (norm.weight.grad != nil, x.grad != nil)
    }
    #expect(try results[0].get() == (true, false))
    #expect(try results[1].get() == (true, true))
  }

  @Test func evaluationAndGroupsOfNoneAreAsBefore() throws {
    let results = try ranks(2) { group in
      let norm = BatchNorm2d(4)
      let x = Tensor.ones([2, 4, 3, 3]) * Double(group.rank + 1)
      norm.synchronizeBatchNorm(over: group)
      let names = norm.namedState.map(\.name)
      let evaluated = withoutGradients { norm.eval()(x).elements(Float.self) }
      norm.train()
      norm.synchronizeBatchNorm(over: nil)
      let alone = withoutGradients { norm(x).elements(Float.self) }
      return (names, evaluated, alone)
    }
    for (rank, result) in results.enumerated() {
      let (names, evaluated, alone) = try result.get()
      #expect(names == ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"])
      #expect(evaluated.allSatisfy { abs($0 - Float(rank + 1)) < 1e-4 })
      #expect(alone.allSatisfy { $0 == 0 })
    }
  }

  @Test func oneValueInAllIsRefused() throws {
    let results = try ranks(2) { group in
      let norm = BatchNorm2d(4)
      norm.synchronizeBatchNorm(over: group)
      return try catchingTorchErrors { norm(.ones([1 - group.rank, 4, 1, 1])).shape }
    }
    for result in results {
      #expect(result.message?.contains("batch normalization needs more than one value of each channel") == true)
    }
    let two = try ranks(2) { group in
      let norm = BatchNorm2d(4)
      norm.synchronizeBatchNorm(over: group)
      return try catchingTorchErrors { norm(.ones([1, 4, 1, 1]) * Double(group.rank)).elements(Float.self)[0] }
    }
    #expect(try abs(two[0].get() + 1) < 1e-3)
    #expect(try abs(two[1].get() - 1) < 1e-3)
  }

  @Test func aLostProcessIsAnErrorOfTheForwardPass() throws {
    let results = try ranks(2) { group in
      let norm = BatchNorm2d(4)
      norm.synchronizeBatchNorm(over: group)
      if group.rank == 1 { return }
      _ = try catchingTorchErrors { norm(.ones([2, 4, 3, 3])) }
    }
    #expect(
      results[0].message?.hasPrefix("rank 0: synchronized batch normalization: rank 1 cannot be reached any more")
        == true, "\(results[0].message ?? "")")
  }
}
