import SegmentationModels
import Torch

extension Lowering {
  mutating func lower(_ convolution: Graph.Convolution, of node: Graph.Node) throws {
    let isTransposed = convolution.isTransposed
    guard isMapShape(shape(convolution.input)), isMapShape(shape(node.output)) else {
      throw unsupported(node, "more than one image")
    }
    guard let weight = graph[convolution.weight].constant else { throw unsupported(node, "weights that are computed") }
    if isTransposed, convolution.dilation != 1 { return try lowerToHost(node) }
    let input = try map(convolution.input)
    let residual = try convolution.residual.value.map { try map($0) }
    let output = makeMap(of: node.output)
    let channels = plan.tensors[output].channels
    guard let activation = parameters(convolution.activation, channels: channels) else {
      throw unsupported(node, "its activation")
    }
    var bias: Int?
    if let id = convolution.bias {
      guard let constant = graph[id].constant else { throw unsupported(node, "a bias that is computed") }
      bias = addWeight(constant, of: id)
    }
    let isQuantized = plan.tensors[input].quantization != nil
    let parameters = Program.ConvolutionParameters(
      isTransposed: isTransposed,
      weight: addWeight(
        weight, of: convolution.weight, storage: storage(isQuantized: isQuantized, isTransposed: isTransposed)),
      bias: bias, stride: convolution.stride, paddingTop: convolution.padding.height,
      paddingLeft: convolution.padding.width, dilation: convolution.dilation, groups: convolution.groups,
      residual: convolution.residual.position, activation: activation, isExact: decidesPositions)
    let others = residual.map { [$0] } ?? []
    let isReplaceable = residual.map { root($0) != root(input) } ?? false
    add(
      node, .convolution(parameters), [input] + others, [output], replaceable: isReplaceable && !isQuantized ? [1] : [])
  }

  /// The form in which a file keeps the weights of a convolution.
  private func storage(isQuantized: Bool, isTransposed: Bool) -> Program.Weight.Storage {
    // The scales of int8 weights belong to output channels, which are the first dimension of a plain convolution only.
    if isQuantized, !isTransposed { return .int8 }
    return program.precision == .bfloat16 ? .bfloat16 : .float32
  }

  /// A linear layer over the last axis is a convolution of one pixel.
  mutating func lower(_ linear: Graph.Linear, of node: Graph.Node) throws {
    guard let weight = graph[linear.weight].constant else { return try lowerToHost(node) }
    let (outputs, inputs) = (weight.size(0), weight.size(1))
    let shape = shape(linear.input)
    let source = try place(linear.input, order: Array(shape.indices), channels: inputs)
    guard let activation = parameters(linear.activation, channels: outputs) else {
      throw unsupported(node, "its activation")
    }
    var bias: Int?
    if let id = linear.bias {
      guard let constant = graph[id].constant else { throw unsupported(node, "a bias that is computed") }
      bias = addWeight(constant, of: id)
    }
    let output = makePixels(node.output, like: source.tensor, channels: outputs)
    let kernel = withoutGradients { weight.detached().reshape([outputs, inputs, 1, 1]) }
    let parameters = Program.ConvolutionParameters(
      isTransposed: false,
      weight: addWeight(
        kernel, of: linear.weight, form: 2, storage: storage(isQuantized: false, isTransposed: false)), bias: bias,
      stride: 1, paddingTop: 0, paddingLeft: 0, dilation: 1, groups: 1, residual: Program.ResidualPosition.none,
      activation: activation,
      isExact: decidesPositions)
    add(node, .convolution(parameters), [source.tensor], [output])
  }

  /// Adds the tensor of a node's result, whose last axis is innermost, with as many pixels as another tensor has.
  mutating func makePixels(_ id: Graph.ValueID, like tensor: Int, channels: Int) -> Int {
    let dimensions = plan.tensors[tensor].dimensions
    plan.tensors.append(
      Program.PlanTensor(element: .number, dimensions: [dimensions[0], dimensions[1], channels]))
    let shape = shape(id)
    places[id] = Place(tensor: plan.tensors.count - 1, shape: shape, strides: Place.rowMajor(shape))
    return plan.tensors.count - 1
  }
}

extension Graph.Residual {
  fileprivate var position: Program.ResidualPosition {
    switch self {
    case .none: .none
    case .before: .beforeActivation
    case .after: .afterActivation
    }
  }
}
