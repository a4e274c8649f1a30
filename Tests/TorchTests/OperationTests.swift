import Testing
import Torch

/// Numbers made by PyTorch 2.13: the line that made each is beside it. `x` is
/// `(torch.arange(40.) * 37 % 101 / 50 - 1).reshape(1, 2, 4, 5)`, other ramps likewise.
@Suite struct OperationTests {
  let x: Tensor = Self.ramp([1, 2, 4, 5])
  let weight: Tensor = Self.ramp([3, 2, 3, 3])
  let bias = Tensor([0.1, -0.2, 0.3] as [Float])

  static func ramp(_ shape: [Int]) -> Tensor {
    let count = shape.reduce(1, *)
    return Tensor((0..<count).map { Float($0 * 37 % 101) / 50 - 1 }, shape: shape)
  }

  func ramp(_ shape: [Int]) -> Tensor { Self.ramp(shape) }

  func expect(
    _ tensor: Tensor, _ shape: [Int], _ first: [Float], sum: Double, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(tensor.shape == shape, sourceLocation: sourceLocation)
    let elements = tensor.elements(Float.self)
    for (found, expected) in zip(elements, first) {
      #expect(abs(found - expected) < 2e-5, sourceLocation: sourceLocation)
    }
    #expect(abs(elements.reduce(0) { $0 + Double($1) } - sum) < 2e-4, sourceLocation: sourceLocation)
  }

  @Test func `convolutions match PyTorch`() {
    // F.conv2d(x, w, b, stride=2, padding=1)
    expect(
      x.conv2d(weight: weight, bias: bias, stride: 2, padding: 1), [1, 3, 2, 3],
      [-1.4648, 1.2888, 0.704, 0.9096, 3.1084, -0.9616], sum: 4.9968)
    // F.conv2d(x, w, padding=(1, 2), dilation=(1, 2))
    expect(
      x.conv2d(weight: weight, padding: [1, 2], dilation: [1, 2]), [1, 3, 4, 5],
      [0.1372, 0.7852, -0.4096, 0.2284, 0.172, 0.6604], sum: 2.2256)
    // F.conv2d(x, ramp(2, 1, 3, 3), padding=1, groups=2)
    expect(
      x.conv2d(weight: ramp([2, 1, 3, 3]), padding: 1, groups: 2), [1, 2, 4, 5],
      [-0.5496, 0.7732, 0.7892, -0.6896, 0.0596, -1.0932], sum: 1.0732)
    // F.conv_transpose2d(x, ramp(2, 3, 3, 3), b, stride=2, padding=1, output_padding=1)
    expect(
      x.convTranspose2d(weight: ramp([2, 3, 3, 3]), bias: bias, stride: 2, padding: 1, outputPadding: 1),
      [1, 3, 8, 10], [0.2552, -0.1284, 0.0036, -1.1568, 0.3176, 0.5216], sum: 17.0136)
    // F.linear(x, ramp(3, 5), torch.tensor([.1, .2, .3]))
    expect(
      x.linear(weight: ramp([3, 5]), bias: Tensor([0.1, 0.2, 0.3] as [Float])), [1, 2, 4, 3],
      [2.0416, -0.9368, -0.2792, -1.0368, 1.9764, 1.8384], sum: 7.7016)
  }

  @Test func `normalizations match PyTorch`() {
    let mean = Tensor([0.1, -0.1] as [Float])
    let variance = Tensor([1, 2] as [Float])
    func batchNorm(training: Bool) -> Tensor {
      x.batchNorm(
        weight: Tensor([1, 0.5] as [Float]), bias: Tensor([0, 0.1] as [Float]), runningMean: mean, runningVar: variance,
        training: training, momentum: 0.1, epsilon: 1e-5)
    }
    // F.batch_norm(x, mean, var, torch.tensor([1, .5]), torch.tensor([0, .1]), False, .1, 1e-5), then True
    expect(batchNorm(training: false), [1, 2, 4, 5], [-1.099995, -0.359998, 0.379998, -0.899996], sum: 0.27682)
    expect(batchNorm(training: true), [1, 2, 4, 5], [-1.601022, -0.379624, 0.841774, -1.270914], sum: 2)
    expect(mean, [2], [0.087, -0.0876], sum: -0.0006)
    expect(variance, [2], [0.9386379, 1.8344277], sum: 2.7730656)
    // F.layer_norm(x, (5,))
    expect(x.layerNorm([5], weight: nil, bias: nil), [1, 2, 4, 5], [-1.268272, 0.128337, 1.524946, -0.89081], sum: 0)
    // F.group_norm(ramp(1, 4, 2, 3), 2)
    expect(
      ramp([1, 4, 2, 3]).groupNorm(groups: 2, weight: nil, bias: nil), [1, 4, 2, 3],
      [-1.420322, -0.214542, 0.991238, -1.094436], sum: 0)
  }

  @Test func `pooling matches PyTorch`() {
    // F.max_pool2d(x, 3, 2, 1)
    expect(
      x.maxPool2d(kernel: 3, stride: 2, padding: 1), [1, 2, 2, 3], [0.68, 0.88, 0.88, 0.74, 0.88, 0.94], sum: 9.52)
    // v, i = F.max_pool2d(x, 2, 2, return_indices=True); F.max_unpool2d(v, i, 2, 2, output_size=(4, 5))
    let (values, indices) = x.maxPool2dWithIndices(kernel: 2)
    #expect(indices.elements(Int.self) == [5, 8, 16, 13, 1, 7, 10, 18])
    expect(
      values.maxUnpool2d(indices: indices, size: ImageSize(height: 4, width: 5)), [1, 2, 4, 5], [0, 0, 0, 0, 0, 0.68],
      sum: 5.9)
    // F.avg_pool2d(x, 3, 2, 1)
    expect(
      x.avgPool2d(kernel: 3, stride: 2, padding: 1), [1, 2, 2, 3], [-0.131111, -0.017778, -0.042222, 0.024444],
      sum: -0.09556)
    // F.adaptive_avg_pool2d(x, (3, 2)), F.adaptive_max_pool2d(x, (3, 2))
    expect(x.adaptiveAvgPool2d([3, 2]), [1, 2, 3, 2], [-0.093333, 0.04, -0.096667, 0.036667], sum: 0.23333)
    expect(x.adaptiveMaxPool2d([3, 2]), [1, 2, 3, 2], [0.68, 0.88, 0.68, 0.88, 0.74, 0.94], sum: 10.06)
  }

  @Test func `resizing matches PyTorch`() {
    // F.interpolate(x, size=(7, 9), mode='bilinear', align_corners=True)
    expect(
      x.upsampleBilinear2d(size: ImageSize(height: 7, width: 9), alignCorners: true), [1, 2, 7, 9],
      [-1, -0.63, -0.26, 0.11, 0.48, -0.16],
      sum: -1.085)
    // F.interpolate(x, scale_factor=2, mode='bilinear', align_corners=False)
    expect(
      x.upsampleBilinear2d(scale: 2, alignCorners: false), [1, 2, 8, 10], [-1, -0.815, -0.445, -0.075, 0.295, 0.16],
      sum: -0.48)
    // F.interpolate(x, size=(3, 8), mode='bicubic'), then antialias=True
    let size = ImageSize(height: 3, width: 8)
    expect(
      x.upsampleBicubic2d(size: size), [1, 2, 3, 8], [-0.79477, -0.619287, -0.244866, 0.353107, 0.206957, -0.520307],
      sum: -0.20072)
    let smooth = x.upsampleBicubic2d(size: size, antialias: true)
    expect(smooth, [1, 2, 3, 8], [-0.58268, -0.507555, -0.289254, 0.279728, 0.249451, -0.341829], sum: -0.13565)
    // libtorch has no such operator for numbers of 16 bits, which go through float32.
    let narrow = x.to(dtype: .bfloat16).upsampleBicubic2d(size: size, antialias: true)
    #expect(narrow.dtype == .bfloat16 && (narrow.to(dtype: .float32) - smooth).abs().max().item < 0.02)
    // F.interpolate(x, size=(6, 8), mode='nearest')
    expect(
      x.upsampleNearest2d(size: ImageSize(height: 6, width: 8)), [1, 2, 6, 8], [-1, -1, -0.26, -0.26, 0.48, -0.8],
      sum: -5.74)
    // F.pixel_shuffle(ramp(1, 4, 2, 3), 2)
    expect(ramp([1, 4, 2, 3]).pixelShuffle(2), [1, 1, 4, 6], [-1, -0.6, -0.26, 0.14, 0.48, 0.88], sum: -1.56)
  }

  @Test(
    arguments: [
      // act(x * 4)
      (Activation.Kind.relu, [0, 0, 1.92, 0, 0, 2.72], 40.64),
      (.relu6, [0, 0, 1.92, 0, 0, 2.72], 40.64),
      (.leakyReLU, [-0.04, -0.0104, 1.92, -0.032, -0.0024, 2.72], 40.2288),
      (.elu, [-0.981684, -0.646545, 1.92, -0.959238, -0.213372, 2.72], 25.20166),
      (.selu, [-1.725899, -1.136691, 2.017346, -1.686435, -0.375129, 2.857907], 15.55835),
      (.gelu, [-0.000126, -0.155137, 1.867336, -0.002199, -0.09724, 2.711121], 38.23045),
      (.silu, [-0.071945, -0.271596, 1.674506, -0.12533, -0.105669, 2.551894], 33.45333),
      (.hardswish, [0, -0.339733, 1.5744, 0, -0.1104, 2.593066], 33.344),
      (.sigmoid, [0.017986, 0.26115, 0.872138, 0.039166, 0.440286, 0.938196], 19.82034),
      (.tanh, [-0.999329, -0.777888, 0.957917, -0.996682, -0.235496, 0.991359], -0.64833),
      (.none, [-4, -1.04, 1.92, -3.2, -0.24, 2.72], -0.48),
    ] as [(Activation.Kind, [Float], Double)])
  func `activations match PyTorch`(kind: Activation.Kind, first: [Float], sum: Double) {
    expect(Activation(kind)(x * 4), [1, 2, 4, 5], first, sum: sum)
  }

  @Test func `PReLU and softmax match PyTorch`() {
    // F.prelu(x, torch.tensor([.25, .5])); F.softmax(x, 1); F.log_softmax(x, 1)
    expect(x.prelu(Tensor([0.25, 0.5] as [Float])), [1, 2, 4, 5], [-0.25, -0.065, 0.48, -0.2, -0.015], sum: 6.405)
    expect(x.softmax(dimension: 1), [1, 2, 4, 5], [0.34074, 0.34074, 0.79576], sum: 20)
    expect(x.logSoftmax(dimension: 1), [1, 2, 4, 5], [-1.076637, -1.076637, -0.228458], sum: -31.80732)
  }

  @Test func crossEntropyAndItsGradient() {
    let labels = Tensor([0, 1, 255, 1, 0, 0, 1, 255, 1, 0, 0, 1, 255, 1, 0, 0, 1, 255, 1, 0], shape: [1, 4, 5])
    let logits = x.clone()
    logits.requiresGrad = true
    // labels = torch.tensor([[[0, 1, 255, 1, 0]] * 4]); F.cross_entropy(x, labels, ignore_index=255, ...)
    expect(crossEntropy(logits, labels, reduction: .sum), [], [13.765292], sum: 13.765292)
    expect(crossEntropy(logits, labels, labelSmoothing: 0.1), [], [0.854018], sum: 0.854018)
    expect(crossEntropy(logits, labels, weight: Tensor([1, 3] as [Float])), [], [0.8582], sum: 0.8582)
    let loss = crossEntropy(logits, labels)
    expect(loss, [], [0.860331], sum: 0.860331)
    loss.backward()
    expect(logits.grad!, [1, 2, 4, 5], [-0.041204, 0.021296, 0, 0.021296, -0.041204, -0.012765], sum: 0)
  }

  @Test func integersStayIntegers() {
    let integers = Tensor.range(4)
    #expect((integers * 3).dtype == .int64)
    #expect((integers * 3 + 1).elements(Int.self) == [1, 4, 7, 10])
    #expect((5 - integers).elements(Int.self) == [5, 4, 3, 2])
  }

  @Test func tensorsOfSeveralTypesAndLayoutsAreCopiedTogether() {
    let targets: [Tensor] = [.zeros([1, 2, 4, 5]), .zeros([], dtype: .int64), .zeros([3]), .zeros([1, 2, 4, 5])]
    let sources = [x, Tensor([Int64(7)]).reshape([]), bias, x.contiguous(.channelsLast)]
    Tensor.copyAllInPlace(targets, from: sources)
    for (target, source) in zip(targets, sources) { #expect(target.equals(source)) }
    Tensor.copyAllInPlace([], from: [])
  }

  @Test func whatIsMadeForAGPUWorksOnTheCPU() {
    let tensor = Tensor.emptyForUpload([2, 3], dtype: .float32)
    tensor.copyInPlace(.ones([2, 3]))
    #expect(tensor.uploaded(to: .cpu).elements(Float.self) == [1, 1, 1, 1, 1, 1])
  }

  @Test func elementsComeInRowMajorOrderWhateverTheLayout() {
    let expected = x.elements(Float.self)
    #expect(x.contiguous(.channelsLast).elements(Float.self) == expected)
    #expect(x.contiguous(.channelsLast).isContiguous(.channelsLast))
    #expect(x.transpose(2, 3).transpose(2, 3).elements(Float.self) == expected)
    #expect(x.pad(left: 1, top: 2).shape == [1, 2, 6, 6])
  }
}
