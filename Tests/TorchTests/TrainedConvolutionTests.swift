import Basics
import Testing
import Torch

/// The gradients of a convolution on maps with channels innermost, against those of libtorch in float64.
@Suite(.serialized) struct TrainedConvolutionTests {
  struct Example: Sendable, CustomTestStringConvertible {
    var channels: (in: Int, out: Int)
    var kernel: IntPair = 3
    var stride: IntPair = 1
    var padding: IntPair = 1
    var dilation: IntPair = 1
    var isDepthwise = false
    var size: IntPair = [11, 70]
    var images = 2

    var testDescription: String {
      func text(_ pair: IntPair) -> String { "\(pair.height)x\(pair.width)" }
      return "\(text(kernel)) \(channels.in)-\(channels.out)\(isDepthwise ? " depthwise" : ""), "
        + "stride \(text(stride)), padding \(text(padding)), dilation \(text(dilation)), \(images) of \(text(size))"
    }
  }

  static let examples: [Example] =
    [(1, 1), (3, 16), (5, 19), (13, 8), (16, 33), (50, 7), (64, 64), (97, 65)].map { Example(channels: $0) } + [
      Example(channels: (20, 24), kernel: 1, padding: 0),
      Example(channels: (128, 130), kernel: 1, padding: 0, size: [3, 5]),
      Example(channels: (12, 12), kernel: [3, 1], padding: [2, 0], dilation: [2, 1]),
      Example(channels: (12, 12), kernel: [1, 5], padding: [0, 16], dilation: [1, 8]),
      Example(channels: (3, 32), kernel: 7, stride: 2, padding: 3, size: [21, 150]),
      Example(channels: (6, 40), stride: [2, 3], padding: [0, 2], size: [16, 17]),
      // Dilation wider than the input, so that whole rows and columns of the kernel see padding alone.
      Example(channels: (9, 10), padding: 16, dilation: 16, size: [5, 7]),
      Example(channels: (8, 8), kernel: 1, padding: 0, size: [1, 1], images: 5),
      Example(channels: (1, 1), isDepthwise: true), Example(channels: (19, 19), isDepthwise: true),
      Example(channels: (64, 64), stride: 2, isDepthwise: true),
      Example(channels: (70, 70), kernel: 5, padding: 4, dilation: 2, isDepthwise: true),
    ]

  struct Gradients {
    let y, input, weight, bias: Tensor
  }

  func gradients(_ example: Example, _ x: Tensor, _ weight: Tensor, _ bias: Tensor, upstream: Tensor) -> Gradients {
    let leaves = [x, weight, bias].map { $0.detached() }
    for leaf in leaves { leaf.requiresGrad = true }
    let y = leaves[0].conv2d(
      weight: leaves[1], bias: leaves[2], stride: example.stride, padding: example.padding, dilation: example.dilation,
      groups: example.isDepthwise ? example.channels.in : 1)
    y.backward(gradient: upstream)
    return Gradients(y: y.detached(), input: leaves[0].grad!, weight: leaves[1].grad!, bias: leaves[2].grad!)
  }

  func difference(_ found: Tensor, _ expected: Tensor) -> Double {
    #expect(found.shape == expected.shape)
    return (found.to(dtype: .float64) - expected).abs().max().item / max(1, expected.abs().max().item)
  }

  func makeTensors(_ example: Example) -> (x: Tensor, weight: Tensor, bias: Tensor, upstream: Tensor) {
    var random = SplitMix64(state: 7)
    let (channels, kernel) = (example.channels, example.kernel)
    let x = random.tensor([example.images, channels.in, example.size.height, example.size.width])
    let weight = random.tensor(
      [channels.out, example.isDepthwise ? 1 : channels.in, kernel.height, kernel.width])
    let bias = random.tensor([channels.out])
    let y = x.conv2d(
      weight: weight, bias: bias, stride: example.stride, padding: example.padding, dilation: example.dilation,
      groups: example.isDepthwise ? channels.in : 1)
    return (x, weight, bias, random.tensor(y.shape))
  }

  @Test(arguments: examples) func equalsFloat64(example: Example) {
    let (x, weight, bias, upstream) = makeTensors(example)
    func double(_ tensor: Tensor) -> Tensor { tensor.to(dtype: .float64) }
    let expected = gradients(example, double(x), double(weight), double(bias), upstream: double(upstream))
    for isGradientLast in [true, false] {
      let found = gradients(
        example, x.contiguous(.channelsLast), weight, bias,
        upstream: isGradientLast ? upstream.contiguous(.channelsLast) : upstream)
      #expect(difference(found.y, expected.y) < 1e-5)
      #expect(difference(found.input, expected.input) < 1e-5)
      #expect(difference(found.weight, expected.weight) < 1e-5)
      #expect(difference(found.bias, expected.bias) < 1e-5)
      #expect(found.weight.isContiguous())
    }
  }

  /// The sums are made in one order, whatever the number of threads is.
  @Test(arguments: [examples[6], examples[19]]) func theNumberOfThreadsDoesNotMatter(example: Example) {
    let (x, weight, bias, upstream) = makeTensors(example)
    let threads = Libtorch.threads
    defer { Libtorch.threads = threads }
    let found = [1, 2, 5].map { count in
      Libtorch.threads = count
      return gradients(example, x.contiguous(.channelsLast), weight, bias, upstream: upstream).weight.elements(
        Float.self)
    }
    #expect(found[0] == found[1] && found[0] == found[2])
  }

  /// A frozen layer gets no gradient, and one without a bias none for it.
  @Test func onlyWhatIsTrainedGetsGradients() {
    let example = Self.examples[2]
    let (x, weight, _, upstream) = makeTensors(example)
    let (input, kernel) = (x.contiguous(.channelsLast), weight.detached())
    kernel.requiresGrad = true
    input.conv2d(weight: kernel, padding: 1).backward(gradient: upstream)
    #expect(input.grad == nil && kernel.grad != nil)
    let frozen = weight.detached()
    input.requiresGrad = true
    input.conv2d(weight: frozen, padding: 1).backward(gradient: upstream)
    #expect(input.grad != nil && frozen.grad == nil)
  }
}
