import CKernels
import Testing
import Torch

extension KernelTests {
  /// Against libtorch's convolutions over random shapes.
  @Suite struct ConvolutionTests {
    static let kinds: [ck_activation_kind] = [
      CK_IDENTITY, CK_RELU, CK_CLIP, CK_LEAKY_RELU, CK_PRELU, CK_SIGMOID, CK_TANH, CK_SILU, CK_HARD_SIGMOID,
      CK_HARD_SWISH, CK_ELU, CK_SELU, CK_GELU, CK_GELU_TANH,
    ]

    static func activate(_ x: Tensor, _ kind: ck_activation_kind, slopes: Tensor) -> Tensor {
      switch kind {
      case CK_RELU: x.relu()
      case CK_CLIP: x.hardtanh(-0.25, 0.75)
      case CK_LEAKY_RELU: x.leakyReLU(-0.25)
      case CK_PRELU: x.prelu(slopes)
      case CK_SIGMOID: x.sigmoid()
      case CK_TANH: x.tanh()
      case CK_SILU: x.silu()
      case CK_HARD_SIGMOID: x.hardsigmoid()
      case CK_HARD_SWISH: x.hardswish()
      case CK_ELU: x.elu(-0.25)
      case CK_SELU: x.selu()
      case CK_GELU: x.gelu()
      case CK_GELU_TANH: x.gelu(tanhApproximation: true)
      default: x
      }
    }

    func check(_ shape: ConvolutionShape, _ draw: inout Draw, _ pool: OpaquePointer, tolerance: Double) throws {
      let type = tolerance > 1e-3 ? CK_BFLOAT16 : CK_FLOAT32
      let (kernel, stride, dilation) = (shape.kernel, shape.stride, shape.dilation)
      let (padding, size) = shape.drawSizes(&draw)
      let input = draw.tensor([1, shape.inputs, size.height, size.width], type: type)
      let fan = shape.inputs / shape.groups * kernel.height * kernel.width
      let firsts = shape.isTransposed ? shape.inputs : shape.outputs
      let seconds = (shape.isTransposed ? shape.outputs : shape.inputs) / shape.groups
      let weight = draw.tensor(
        [firsts, seconds, kernel.height, kernel.width], scale: 1 / Float(fan).squareRoot(), type: type)
      let bias = draw.bool() ? draw.tensor([shape.outputs]) : nil
      let slopes = draw.tensor([shape.outputs])
      let kind = draw.element(Self.kinds)
      var expected =
        shape.isTransposed
        ? input.convTranspose2d(
          weight: weight, bias: bias, stride: stride, padding: padding,
          outputPadding: IntPair(stride.height - 1, 0), groups: shape.groups)
        : input.conv2d(
          weight: weight, bias: bias, stride: stride, padding: padding, dilation: dilation, groups: shape.groups)
      let residualMode = draw.element([CK_RESIDUAL_NONE, CK_RESIDUAL_BEFORE, CK_RESIDUAL_AFTER])
      let residual = draw.tensor(expected.shape, type: type)
      if residualMode == CK_RESIDUAL_BEFORE { expected = expected + residual }
      expected = Self.activate(expected, kind, slopes: slopes)
      if residualMode == CK_RESIDUAL_AFTER { expected = expected + residual }

      let (inputs, outputs) = (KernelMap(input, type: type, gap: draw.int(0...3)), expected.spatialSize)
      let addend = KernelMap(residual, type: type, gap: 1)
      // The output over the residual, or apart.
      let target =
        residualMode != CK_RESIDUAL_NONE && draw.bool()
        ? addend : KernelMap(outputs.height, outputs.width, shape.outputs, type: type, gap: draw.int(0...3))
      var desc = shape.description(from: size, padding: padding, to: outputs)
      (desc.type, desc.residual) = (type, residualMode)
      shape.run(
        desc, weight: weight, bias: bias, activation: kind, slopes: slopes, input: inputs, residual: addend,
        output: target, &draw, pool)
      KernelTests.expect(
        target, expected, tolerance: tolerance,
        "\(shape), \(size), activation \(kind.rawValue), residual \(residualMode.rawValue), isa \(ck_current_isa())")
    }

    @Test(arguments: [1e-5, 2e-2]) func `dense convolutions match libtorch`(tolerance: Double) throws {
      try KernelTests.rounds(10) { draw, pool in
        let shape = ConvolutionShape(
          kernel: IntPair(draw.int(1...4), draw.int(1...5)), stride: IntPair(draw.int(1...3), draw.int(1...3)),
          dilation: IntPair(draw.int(1...2), draw.int(1...3)), inputs: draw.element([3, 7, 16, 20, 33]),
          outputs: draw.element([1, 12, 19, 20, 32, 48, 67]), algorithm: CK_ALGORITHM_DIRECT)
        try check(shape, &draw, pool, tolerance: tolerance)
      }
    }

    @Test func `pointwise convolutions match libtorch`() throws {
      try KernelTests.rounds(8) { draw, pool in
        let shape = ConvolutionShape(kernel: 1, inputs: draw.int(1...70), outputs: draw.int(1...70))
        try check(shape, &draw, pool, tolerance: 1e-5)
      }
    }

    @Test(arguments: [CK_ALGORITHM_WINOGRAD_4, CK_ALGORITHM_WINOGRAD_2])
    func `Winograd convolutions match libtorch`(algorithm: ck_algorithm) throws {
      try KernelTests.rounds(24) { draw, pool in
        let kernel: IntPair = draw.element([3, [3, 1], [1, 3]])
        let halves = algorithm == CK_ALGORITHM_WINOGRAD_4 && kernel == 3 && draw.bool()
        let groups = draw.element([1, 1, 3])
        let least = groups == 1 ? 1 : 12
        let shape = ConvolutionShape(
          kernel: kernel, stride: halves ? 2 : 1, dilation: halves ? 1 : IntPair(draw.int(1...4)),
          groups: groups, inputs: groups * draw.int(least...40), outputs: groups * draw.int(least...70),
          algorithm: algorithm)
        try check(shape, &draw, pool, tolerance: algorithm == CK_ALGORITHM_WINOGRAD_2 ? 1e-5 : 5e-5)
      }
    }

    /// So many channels that the transformed weights are not kept.
    @Test(arguments: [5e-5, 2e-2])
    func `Winograd convolutions of many channels match libtorch`(tolerance: Double) throws {
      try KernelTests.rounds(4) { draw, pool in
        let (halves, groups) = (draw.bool(), draw.int(1...2))
        let shape = ConvolutionShape(
          stride: halves ? 2 : 1, groups: groups, inputs: groups * draw.int(300...340),
          outputs: groups * draw.int(300...340), algorithm: CK_ALGORITHM_WINOGRAD_4)
        try check(shape, &draw, pool, tolerance: tolerance)
      }
    }

    @Test(arguments: [1e-5, 2e-2]) func `grouped convolutions match libtorch`(tolerance: Double) throws {
      try KernelTests.rounds(16) { draw, pool in
        let groups = draw.int(2...9)
        let widths = [(2, 2), (4, 4), (8, 8), (16, 16), (3, 5), (1, 2), (1, 6)]
        let (inputs, outputs) = draw.bool() ? (1, 1) : draw.element(widths)
        let shape = ConvolutionShape(
          kernel: IntPair(draw.int(1...5), 3), stride: IntPair(draw.int(1...2)), dilation: IntPair(draw.int(1...4)),
          groups: groups, inputs: groups * inputs, outputs: groups * outputs,
          algorithm: inputs < 12 ? CK_ALGORITHM_AUTO : CK_ALGORITHM_DIRECT)
        try check(shape, &draw, pool, tolerance: tolerance)
      }
    }

    /// Depthwise convolutions whose outputs are made in blocks of rows.
    @Test(arguments: [1e-5, 2e-2]) func `tall depthwise convolutions match libtorch`(tolerance: Double) throws {
      try KernelTests.rounds(12) { draw, pool in
        let channels = draw.int(1...40)
        let shape = ConvolutionShape(
          kernel: IntPair(draw.element([3, 5, 7, 11, 21]), draw.int(1...5)), stride: IntPair(1, draw.int(1...2)),
          dilation: IntPair(draw.int(1...3), 1), groups: channels, inputs: channels, outputs: channels)
        try check(shape, &draw, pool, tolerance: tolerance)
      }
    }

    @Test func `transposed convolutions match libtorch`() throws {
      try KernelTests.rounds(12) { draw, pool in
        let groups = draw.element([1, 1, 3])
        let shape = ConvolutionShape(
          kernel: IntPair(draw.int(2...7), draw.int(2...5)), stride: IntPair(draw.int(1...4), draw.int(1...3)),
          groups: groups, inputs: groups * draw.int(1...20), outputs: groups * draw.int(1...20), isTransposed: true)
        try check(shape, &draw, pool, tolerance: 1e-5)
      }
    }

    /// Phases with Winograd's kernel sizes, whose rows are made in steps.
    @Test func `transposed convolutions by Winograd match libtorch`() throws {
      try KernelTests.rounds(12) { draw, pool in
        let shape = ConvolutionShape(
          kernel: IntPair(draw.int(5...6), draw.int(5...6)), stride: 2, inputs: draw.int(12...40),
          outputs: draw.int(12...40), isTransposed: true)
        try check(shape, &draw, pool, tolerance: 5e-5)
      }
    }

    @Test func `impossible shapes are refused`() throws {
      var desc = ck_conv_desc()
      #expect(ck_conv_create(&desc, [1], nil) == nil)
      #expect(String(cString: ck_last_error()) == "convolution: 0 channels to 0 in 0 groups")
      let pool = try #require(ck_pool_create(1))
      defer { ck_pool_free(pool) }
      var (small, large) = (KernelMap(2, 2, 3).map, KernelMap(2, 2, 4).map)
      #expect(!ck_copy(pool, &small, &large))
      #expect(String(cString: ck_last_error()) == "copy, output: expected 2x2x3, found 2x2x4")
    }
  }
}
