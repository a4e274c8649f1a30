import CKernels
import Torch

extension Lowering {
  mutating func lowerConvolution(_ node: Graph.Node) throws {
    let isTransposed = node.kind == .convTranspose
    let inputID = node.value("input")!
    let input = try operand(inputID, of: node)
    let residual = try node.value("residual").map { try bytes?.contains(node) == true ? home($0) : tensor($0) }
    let position = node.string("residual_position") ?? "none"
    let output = make(node.output)
    guard let weight = node.value("weight").flatMap({ graph[$0].constant }), input.isMap, output.isMap,
      input.type == type && output.type == type || input.quantization != nil, residual?.isMap ?? true
    else { return try lowerToLibtorch(node) }
    if isTransposed, dilation(of: node) != [1, 1] { return try lowerToLibtorch(node) }
    guard node.value("bias").map({ graph[$0].constant != nil }) ?? true,
      let activation = KernelActivation(node.activation, channels: output.channels, graph)
    else { throw unsupported(node, "its bias or activation") }
    let bias = node.value("bias").flatMap { graph[$0].constant }
    let (stride, padding, dilation) = (node.ints("stride")!, node.ints("padding")!, node.ints("dilation")!)

    var description = ck_conv_desc()
    description.in_height = Int32(input.height)
    description.in_width = Int32(input.width)
    description.in_channels = Int32(input.channels)
    description.out_height = Int32(output.height)
    description.out_width = Int32(output.width)
    description.out_channels = Int32(output.channels)
    description.kernel_height = Int32(weight.size(2))
    description.kernel_width = Int32(weight.size(3))
    (description.stride_height, description.stride_width) = (Int32(stride[0]), Int32(stride[1]))
    (description.pad_top, description.pad_left) = (Int32(padding[0]), Int32(padding[1]))
    (description.dilation_height, description.dilation_width) = (Int32(dilation[0]), Int32(dilation[1]))
    description.groups = Int32(node.int("groups")!)
    description.residual =
      position == "before" ? CK_RESIDUAL_BEFORE : position == "after" ? CK_RESIDUAL_AFTER : CK_RESIDUAL_NONE
    description.type = input.type
    description.is_exact = decidesPositions
    (description.out_type, description.residual_type) = (output.type, residual?.type ?? type)
    if let quantization = input.quantization { description.in_quantization = quantization }
    if let quantization = output.quantization { description.out_quantization = quantization }
    if let quantization = residual?.quantization { description.residual_quantization = quantization }

    let others = residual.map { [$0] } ?? []
    let replaceable = others.filter { $0.root !== input.root }
    let convolution = KernelConvolution(
      description, activation, weight: weight, bias: bias, isTransposed: isTransposed,
      maps: (input, output, residual))
    // For quantized maps the kernels have one algorithm for each convolution, so there is nothing to choose.
    if let choices, input.quantization == nil {
      let choice = choices[convolution.key]
      if choice == .libtorch { return try lowerToLibtorch(node) }
      convolution.choice = choice
      if choice == nil {
        convolution.alternative = LibtorchCall(
          node, graph, inputs: try libtorchInputs(of: node), outputs: [output])
      }
    }
    add(node, [input] + others, [output], kernel: convolution.name, replaceable: replaceable, convolution: convolution)
    {
      pool in
      try convolution.finish(pool)
      return EngineStep(bands: convolution.bands) { rows in convolution.run(pool, rows) }
    }
  }
}

private func dilation(of node: Graph.Node) -> [Int] { node.ints("dilation") ?? [1, 1] }

/// An activation function as kernels take it, with the memory of PReLU's slopes.
final class KernelActivation {
  private(set) var value = ck_activation()
  private var slopes: KernelArray<Float>?

  /// Fails if kernels have no such function.
  init?(_ activation: Graph.Activation, channels: Int, _ graph: Graph) {
    switch activation {
    case .identity: value.kind = CK_IDENTITY
    case .relu: value.kind = CK_RELU
    case .clamp(let lower, let upper): (value.kind, value.a, value.b) = (CK_CLIP, Float(lower), Float(upper))
    case .leakyReLU(let slope): (value.kind, value.a) = (CK_LEAKY_RELU, Float(slope))
    case .prelu(let slope):
      guard let constant = graph[slope].constant else { return nil }
      let elements: [Float] = constant.elements()
      let slopes = KernelArray(elements.count == 1 ? Array(repeating: elements[0], count: channels) : elements)
      self.slopes = slopes
      (value.kind, value.slopes) = (CK_PRELU, slopes.pointer)
    case .elu(let alpha): (value.kind, value.a) = (CK_ELU, Float(alpha))
    case .selu: value.kind = CK_SELU
    case .gelu(let tanhApproximation):
      if tanhApproximation { return nil }
      value.kind = CK_GELU
    case .sigmoid: value.kind = CK_SIGMOID
    case .hardsigmoid: value.kind = CK_HARD_SIGMOID
    case .silu: value.kind = CK_SILU
    case .hardswish: value.kind = CK_HARD_SWISH
    case .tanh: value.kind = CK_TANH
    }
  }
}
