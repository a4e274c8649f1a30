import SegmentationModels
import Torch

// Operators on single numbers.
extension Lowering {
  mutating func lower(_ affine: Graph.Affine, of node: Graph.Node) throws {
    let isUniform =
      graph[affine.scale].count == 1 && graph[affine.shift].count == 1 && affine.activation.isUniform(in: graph)
    try lowerPerChannel(affine.input, of: node, isUniform: isUniform, affine.activation, affine)
  }

  mutating func lower(_ unary: Graph.Unary, of node: Graph.Node) throws {
    try lowerPerChannel(unary.input, of: node, isUniform: unary.activation.isUniform(in: graph), unary.activation, nil)
  }

  private mutating func lowerPerChannel(
    _ input: Graph.ValueID, of node: Graph.Node, isUniform: Bool, _ activation: Graph.Activation,
    _ affine: Graph.Affine?
  ) throws {
    let shape = shape(input)
    var source: Place
    if isUniform {
      source = try whole(input)
    } else if isMapShape(shape) {
      source = try place(input, order: Place.channelsLast(rank: 4))
      source.tensor = map(source)
    } else {
      guard shape.count >= 2, shape[0] == 1 else { throw unsupported(node, "more than one image") }
      source = try place(input, order: Place.channelsLast(rank: shape.count), channels: shape[1])
    }
    let channels = plan.tensors[source.tensor].channels
    guard let function = parameters(activation, channels: channels) else { throw unsupported(node, "its activation") }
    let scale = affine.flatMap { addVector($0.scale, channels: channels) }
    let shift = affine.flatMap { addVector($0.shift, channels: channels) }
    if affine != nil, scale == nil || shift == nil { throw unsupported(node, "a scale that is computed") }
    let output = make(node.output, like: source)
    let isFloat = plan.tensors[source.tensor].quantization == nil && plan.tensors[output].quantization == nil
    add(
      node, .affine(scale: scale, shift: shift, function), [source.tensor], [output], replaceable: isFloat ? [0] : [])
  }

  /// The place of a value that fills its tensor, in whatever order.
  private mutating func whole(_ id: Graph.ValueID) throws -> Place {
    let place = try place(id)
    return isDense(place) ? place : arranged(place, order: Array(place.shape.indices))
  }

  /// Whether a value fills its tensor without gaps, in whatever order.
  private func isDense(_ place: Place) -> Bool {
    isWhole(place) && place.lies(Place.strides(of: place.shape, order: place.memoryOrder))
  }

  /// Numbers to bytes, or bytes to numbers.
  mutating func convert(_ input: Graph.ValueID, of node: Graph.Node) throws {
    let source = try map(input)
    add(
      node, .affine(scale: nil, shift: nil, Program.ActivationParameters()), [source], [makeMap(of: node.output)])
  }

  mutating func lower(_ binary: Graph.Binary, of node: Graph.Node) throws {
    let (left, right, output) = try operands(binary.left, binary.right, of: node)
    guard let activation = parameters(binary.activation, channels: plan.tensors[output].channels) else {
      throw unsupported(node, "its activation")
    }
    let isFloat = [left, right, output].allSatisfy { plan.tensors[$0].quantization == nil }
    let overlap = left != right && root(left) == root(right)
    add(
      node, .binary(binary.operator.kernel, activation), [left, right], [output],
      replaceable: isFloat && !overlap ? [0, 1] : [])
  }

  /// The tensors of two operands that broadcast, and of the result.
  private mutating func operands(
    _ left: Graph.ValueID, _ right: Graph.ValueID, of node: Graph.Node
  ) throws -> (left: Int, right: Int, output: Int) {
    let shape = shape(node.output)
    if self.shape(left) == shape, self.shape(right) == shape {
      let (first, second) = (try place(left), try place(right))
      let areAlike = plan.tensors[first.tensor].dimensions == plan.tensors[second.tensor].dimensions
      if isDense(first), isDense(second), first.lies(second.strides), areAlike {
        return (first.tensor, second.tensor, make(node.output, like: first))
      }
    }
    if isMapShape(shape), [left, right].allSatisfy({ isMapShape(padded(self.shape($0), to: 4)) }) {
      let (first, second) = (map(try view(left, rank: 4)), map(try view(right, rank: 4)))
      return (first, second, makeMap(of: node.output))
    }
    if self.shape(left) == shape, self.shape(right) == shape {
      let first = try whole(left)
      let second = try place(right, order: first.memoryOrder, channels: plan.tensors[first.tensor].channels)
      var both = second
      if plan.tensors[second.tensor].dimensions != plan.tensors[first.tensor].dimensions {
        both = expanded(second, to: first)
      }
      return (first.tensor, both.tensor, make(node.output, like: first))
    }
    // Operands that broadcast are repeated, unless a kernel does it.
    let target = makeTensor(shape, order: Array(shape.indices), .number)
    func operand(_ id: Graph.ValueID) throws -> Int {
      var place = try place(id)
      let missing = shape.count - place.shape.count
      place.shape = [Int](repeating: 1, count: missing) + place.shape
      place.strides = [Int](repeating: 0, count: missing) + place.strides
      return expanded(place, to: target).tensor
    }
    let (first, second) = (try operand(left), try operand(right))
    places[node.output] = target
    return (first, second, target.tensor)
  }

  /// A value with axes of one element before its own.
  private mutating func view(_ id: Graph.ValueID, rank: Int) throws -> Place {
    var place = try place(id)
    let missing = rank - place.shape.count
    place.shape = [Int](repeating: 1, count: missing) + place.shape
    place.strides = [Int](repeating: 0, count: missing) + place.strides
    return place
  }

  private func padded(_ shape: [Int], to rank: Int) -> [Int] {
    [Int](repeating: 1, count: max(0, rank - shape.count)) + shape
  }

  /// A copy of a value, repeated along axes of one element, that lies like another one.
  private mutating func expanded(_ place: Place, to target: Place) -> Place {
    var source = place
    for axis in source.shape.indices where source.shape[axis] != target.shape[axis] {
      source.shape[axis] = target.shape[axis]
      source.strides[axis] = 0
    }
    var copy = target
    plan.tensors.append(
      Program.PlanTensor(
        element: plan.tensors[place.tensor].element, dimensions: plan.tensors[target.tensor].dimensions))
    copy.tensor = plan.tensors.count - 1
    rearrange(source, into: copy)
    return copy
  }

  mutating func lower(_ softmax: Graph.Softmax, of node: Graph.Node) throws {
    let axes = shape(softmax.input).indices
    let order = axes.filter { $0 != softmax.axis } + [softmax.axis]
    let source: Place
    if isMapShape(shape(softmax.input)), softmax.axis == 1 {
      var place = try place(softmax.input, order: Place.channelsLast(rank: 4))
      place.tensor = map(place)
      source = place
    } else {
      source = try place(softmax.input, order: order, channels: shape(softmax.input)[softmax.axis])
    }
    add(node, .softmax, [source.tensor], [make(node.output, like: source)])
  }

  mutating func lower(_ norm: Graph.LayerNorm, of node: Graph.Node) throws {
    let shape = shape(norm.input)
    let channels = shape.suffix(norm.dimensions).reduce(1, *)
    let source = try place(norm.input, order: Array(shape.indices), channels: channels)
    try lowerNormalization(node, groups: 0, norm.epsilon, norm.scale, norm.shift, source, channels: channels)
  }

  mutating func lower(_ norm: Graph.GroupNorm, of node: Graph.Node) throws {
    let shape = shape(norm.input)
    guard isMapShape(shape) else { return try lowerToHost(node) }
    var source = try place(norm.input, order: Place.channelsLast(rank: 4))
    source.tensor = map(source)
    try lowerNormalization(node, groups: norm.groups, norm.epsilon, norm.scale, norm.shift, source, channels: shape[1])
  }

  private mutating func lowerNormalization(
    _ node: Graph.Node, groups: Int, _ epsilon: Double, _ scale: Graph.ValueID?, _ shift: Graph.ValueID?,
    _ source: Place, channels: Int
  ) throws {
    let (factor, summand) = (
      scale.flatMap { addVector($0, channels: channels) }, shift.flatMap { addVector($0, channels: channels) }
    )
    if scale != nil && factor == nil || shift != nil && summand == nil {
      throw unsupported(node, "a scale that is computed")
    }
    add(
      node, .normalize(groups: groups, epsilon: Float(epsilon), scale: factor, shift: summand), [source.tensor],
      [make(node.output, like: source)])
  }
}

extension Graph.BinaryOperator {
  /// The operator as kernels know it.
  var kernel: Program.BinaryOperator {
    switch self {
    case .add: .add
    case .subtract: .subtract
    case .multiply: .multiply
    case .divide: .divide
    }
  }
}
