import CKernels
import Torch

/// Turns an optimized graph into a plan of kernels.
///
/// A value of shape [1, C, H, W] becomes a map with channels innermost, [H, W, C] in memory; other values keep their
/// order. Joining maps costs nothing if each part can be written straight into its place.
///
/// Terms of this folder:
/// - A *map* is one image or feature map with channels innermost, [H, W, C] in memory.
/// - A *quantized* map holds bytes, which stand for numbers by a scale and a zero point.
/// - A *kernel* is a function of `CKernels` that computes one operator.
struct Lowering {
  let graph: Graph
  /// The program that gets the plan and its weights.
  var program: Program
  var plan: Program.Plan
  /// The calls of libtorch's operators that have no kernel, by their number in `Program.Kernel.host`.
  var hostCalls: [HostCall] = []
  /// Whether weights stay in the network's memory instead of going to a file.
  let keepsWeightsOutside: Bool
  var places: [Graph.ValueID: Place] = [:]
  /// Copies of values in which the elements lie in another order.
  private var copies: [Place: Int] = [:]
  /// Tensors that must not become a part of another one, because their readers need them without gaps.
  private(set) var pinned: Set<Int> = []
  private let readers: [Graph.ValueID: Int]
  /// Whether a later node takes the positions of the largest values. A rounding error in this node can then move a
  /// value by a pixel.
  private(set) var decidesPositions = false

  /// Adds a plan to a program.
  /// - Parameters:
  ///   - graph: A graph that went through `GraphOptimizer`. Its outputs are scores [1, classes, H, W], classes
  ///     [1, H, W] or both.
  ///   - imageSize: The size of images; the graph's input may be larger.
  ///   - keepsWeightsOutside: Whether weights stay in the network's memory instead of going to a file.
  /// - Throws: `EngineError.unsupported` if an operator has no kernel and no other form.
  init(_ graph: Graph, into program: Program, imageSize: ImageSize, keepsWeightsOutside: Bool) throws {
    self.graph = graph
    self.program = program
    self.keepsWeightsOutside = keepsWeightsOutside
    plan = Program.Plan(imageSize: imageSize, input: 0)
    readers = graph.readerCounts()
    let input = graph.inputs[0]
    guard isMapShape(shape(input)) else { throw EngineError.unsupported(node: "the input", reason: "it is no image") }
    places[input] = makeMap(shape(input), .number)
    let lastPositions = graph.nodes.lastIndex { $0.outputs.count > 1 && isRead($0.outputs[1]) }
    for (index, node) in graph.nodes.enumerated() {
      decidesPositions = index < lastPositions ?? 0
      try lower(node)
    }
    for output in graph.outputs {
      if graph[output].dtype == .float32 {
        plan.scores = try map(output)
      } else {
        plan.classes = places[output]!.tensor
      }
    }
    self.program.add(plan)
  }

  private mutating func lower(_ node: Graph.Node) throws {
    switch node.operator {
    case .convolution(let convolution): try lower(convolution, of: node)
    case .linear(let linear): try lower(linear, of: node)
    case .affine(let affine): try lower(affine, of: node)
    case .unary(let unary): try lower(unary, of: node)
    case .binary(let binary): try lower(binary, of: node)
    case .quantize(let quantize): try convert(quantize.input, of: node)
    case .dequantize(let dequantize): try convert(dequantize.input, of: node)
    case .resize(let resize): try lower(resize, of: node)
    case .classMap(let classMap): try lower(classMap, of: node)
    case .pool(let pool): try lower(pool, of: node)
    case .adaptivePool(let pool): try lowerMap(pool.input, of: node, pool.kernel)
    case .unpool(let unpool): try lower(unpool, of: node)
    case .reduce(let reduce): try lower(reduce, of: node)
    case .matmul(let product): try lower(product, of: node)
    case .softmax(let softmax): try lower(softmax, of: node)
    case .layerNorm(let norm): try lower(norm, of: node)
    case .groupNorm(let norm): try lower(norm, of: node)
    case .reshape(let reshape): try lower(reshape, of: node)
    case .permute(let permute): try lower(permute, of: node)
    case .slice(let slice): try lower(slice, of: node)
    case .concatenate(let join): try lower(join, of: node)
    case .permuteChannels(let permutation): try lower(permutation, of: node)
    case .shuffle(let shuffle): try lower(shuffle, of: node)
    case .pixelShuffle(let shuffle): try lowerMap(shuffle.input, of: node, .pixelShuffle(factor: shuffle.factor))
    case .pad(let pad): try lower(pad, of: node)
    case .libtorch(let call): try lower(call, of: node)
    }
  }

  // MARK: - Values

  func shape(_ id: Graph.ValueID) -> [Int] { graph[id].shape }

  /// Whether a shape is that of a map: [1, C, H, W].
  func isMapShape(_ shape: [Int]) -> Bool { shape.count == 4 && shape[0] == 1 && !shape.contains(0) }

  /// Whether any node reads a value.
  func isRead(_ id: Graph.ValueID) -> Bool { readers[id, default: 0] > 0 }

  func unsupported(_ node: Graph.Node, _ reason: String) -> EngineError {
    let name = node.operator.name
    return .unsupported(node: node.module.isEmpty ? name : "\(name) of \(node.module)", reason: reason)
  }

  // MARK: - Tensors

  /// Adds a tensor whose dimensions are those of `order` in memory. Dimensions beyond three are joined.
  mutating func makeTensor(_ shape: [Int], order: [Int], _ element: Program.PlanTensor.Element) -> Place {
    var dimensions = order.map { shape[$0] }
    if dimensions.count > 3, dimensions[0] == 1 { dimensions.removeFirst() }
    while dimensions.count > 3 { dimensions.replaceSubrange(0..<2, with: [dimensions[0] * dimensions[1]]) }
    while dimensions.count < 3 { dimensions.insert(1, at: 0) }
    plan.tensors.append(Program.PlanTensor(element: element, dimensions: dimensions))
    return Place(tensor: plan.tensors.count - 1, shape: shape, strides: Place.strides(of: shape, order: order))
  }

  /// Adds a map for a value of shape [1, C, H, W].
  mutating func makeMap(_ shape: [Int], _ element: Program.PlanTensor.Element) -> Place {
    makeTensor(shape, order: Place.channelsLast(rank: shape.count), element)
  }

  /// Adds the map of a node's result, quantized if the graph says so.
  mutating func makeMap(of id: Graph.ValueID) -> Int {
    let quantization = graph[id].quantization
    let place = makeMap(shape(id), quantization == nil ? .number : .quantized)
    plan.tensors[place.tensor].quantization = quantization
    places[id] = place
    return place.tensor
  }

  /// Adds the tensor of a node's result, which lies like another value of the same shape.
  mutating func make(_ id: Graph.ValueID, like place: Place) -> Int {
    let quantization = graph[id].quantization
    plan.tensors.append(
      Program.PlanTensor(
        element: quantization == nil ? .number : .quantized, dimensions: plan.tensors[place.tensor].dimensions,
        quantization: quantization))
    places[id] = Place(tensor: plan.tensors.count - 1, shape: place.shape, strides: place.strides)
    return plan.tensors.count - 1
  }

  /// Adds a tensor that is a range of channels of a map.
  mutating func makePart(of base: Int, _ channels: Range<Int>) -> Int {
    let whole = plan.tensors[base]
    plan.tensors.append(
      Program.PlanTensor(
        element: whole.element, dimensions: [whole.dimensions[0], whole.dimensions[1], channels.count],
        quantization: whole.quantization, base: (base, channels.lowerBound)))
    return plan.tensors.count - 1
  }

  /// The place of a value. A constant becomes a tensor that keeps its elements from run to run.
  mutating func place(_ id: Graph.ValueID) throws -> Place {
    if let place = places[id] { return place }
    guard let constant = graph[id].constant else {
      throw EngineError.unsupported(node: "\(id)", reason: "it is read before it is computed")
    }
    let shape = shape(id)
    let order = isMapShape(shape) ? Place.channelsLast(rank: 4) : Array(shape.indices)
    let place = makeTensor(shape, order: order, .number)
    let weight = addWeight(constant.detached().permute(order), of: id, form: 1)
    plan.constants.append((place.tensor, weight))
    pinned.insert(place.tensor)
    places[id] = place
    return place
  }

  /// Whether a value fills its tensor without gaps.
  func isWhole(_ place: Place) -> Bool { place.offset == 0 && place.count == plan.tensors[place.tensor].count }

  /// The place of a value whose axes lie in an order, the innermost last. If they lie otherwise, the value is copied.
  /// - Parameter channels: The number of the innermost dimension of the tensor; `nil` for any.
  mutating func place(_ id: Graph.ValueID, order: [Int], channels: Int? = nil) throws -> Place {
    arranged(try place(id), order: order, channels: channels)
  }

  mutating func arranged(_ place: Place, order: [Int], channels: Int? = nil) -> Place {
    let wanted = Place.strides(of: place.shape, order: order)
    let fits = channels.map { $0 == plan.tensors[place.tensor].channels } ?? true
    if isWhole(place), place.lies(wanted), fits { return place }
    return rearranged(place, order: order, channels: channels)
  }

  private mutating func rearranged(_ place: Place, order: [Int], channels: Int?) -> Place {
    let wanted = Place.strides(of: place.shape, order: order)
    var target = Place(tensor: -1, shape: place.shape, strides: wanted)
    // The key is the source with the strides of the copy in place of its own offset.
    var key = place
    key.shape += wanted
    key.strides += [channels ?? -1]
    if let known = copies[key] {
      target.tensor = known
      return target
    }
    let element = plan.tensors[place.tensor].element
    target = makeTensor(place.shape, order: order, element)
    plan.tensors[target.tensor].quantization = plan.tensors[place.tensor].quantization
    if let channels {
      let count = plan.tensors[target.tensor].count
      if plan.tensors[target.tensor].channels != channels {
        plan.tensors[target.tensor].dimensions = [1, count / channels, channels]
      }
    }
    rearrange(place, into: target)
    copies[key] = target.tensor
    return target
  }

  /// Copies a value's elements to other places.
  mutating func rearrange(_ source: Place, into target: Place) {
    let from = dense(source.tensor)
    pinned.formUnion([from, target.tensor])
    var axes = source.shape.indices.filter { source.shape[$0] != 1 }
    axes.sort { target.strides[$0] > target.strides[$1] }
    // Axes that lie one within the other on both sides count as one.
    var (sizes, inner, outer) = ([Int](), [Int](), [Int]())
    for axis in axes {
      let size = source.shape[axis]
      if let last = sizes.indices.last, inner[last] == source.strides[axis] * size,
        outer[last] == target.strides[axis] * size
      {
        sizes[last] *= size
        (inner[last], outer[last]) = (source.strides[axis], target.strides[axis])
      } else {
        sizes.append(size)
        inner.append(source.strides[axis])
        outer.append(target.strides[axis])
      }
    }
    if sizes.isEmpty { (sizes, inner, outer) = ([1], [1], [1]) }
    plan.instructions.append(
      Program.Instruction(
        name: "rearrange", module: "",
        kernel: .rearrange(
          Program.Rearrangement(
            sizes: sizes, inputOffset: source.offset, inputStrides: inner, outputOffset: target.offset,
            outputStrides: outer)), inputs: [from], outputs: [target.tensor]))
  }

  /// A tensor with the same elements that is not a part of a wider one.
  private mutating func dense(_ tensor: Int) -> Int {
    guard plan.tensors[tensor].base != nil else { return tensor }
    var copy = plan.tensors[tensor]
    copy.base = nil
    plan.tensors.append(copy)
    plan.instructions.append(
      Program.Instruction(
        name: "copy", module: "", kernel: .copy, inputs: [tensor], outputs: [plan.tensors.count - 1]))
    return plan.tensors.count - 1
  }

  /// The map [H, W, C] of a value of shape [1, C, H, W].
  mutating func map(_ id: Graph.ValueID) throws -> Int { map(try place(id)) }

  /// The map [H, W, C] of a place of shape [1, C, H, W]. If the elements lie otherwise, they are copied.
  mutating func map(_ place: Place) -> Int {
    let place = arranged(place, order: Place.channelsLast(rank: 4))
    let shape = place.shape
    let dimensions = [shape[2], shape[3], shape[1]]
    if plan.tensors[place.tensor].dimensions == dimensions { return place.tensor }
    // The same elements in a tensor of other dimensions: kernels need those of the map.
    var key = place
    key.strides += dimensions
    if let known = copies[key] { return known }
    let target = makeMap(shape, plan.tensors[place.tensor].element)
    plan.tensors[target.tensor].quantization = plan.tensors[place.tensor].quantization
    rearrange(place, into: target)
    copies[key] = target.tensor
    return target.tensor
  }

  /// Keeps a tensor from becoming a part of a wider one.
  mutating func pin(_ tensor: Int) { pinned.insert(tensor) }

  // MARK: - Instructions

  /// Adds the call of the kernel that computes a node.
  mutating func add(
    _ node: Graph.Node, _ kernel: Program.Kernel, _ inputs: [Int], _ outputs: [Int], replaceable: [Int] = []
  ) {
    plan.instructions.append(
      Program.Instruction(
        name: node.operator.name, module: node.module,
        multiplyAccumulates: graph.cost(of: node).multiplyAccumulates, kernel: kernel, inputs: inputs,
        outputs: outputs, replaceable: replaceable))
  }

  /// Lowers a node to a kernel that turns one map into another.
  mutating func lowerMap(_ input: Graph.ValueID, of node: Graph.Node, _ kernel: Program.Kernel) throws {
    guard isMapShape(shape(input)), isMapShape(shape(node.output)) else {
      throw unsupported(node, "more than one image")
    }
    let source = try map(input)
    add(node, kernel, [source], [makeMap(of: node.output)])
  }

  /// The tensor that owns the memory of a tensor.
  func root(_ tensor: Int) -> Int { plan.tensors[tensor].base.map { root($0.tensor) } ?? tensor }

  // MARK: - Weights

  /// Adds the elements of a constant as a weight.
  /// - Parameter form: Tells the forms of one constant apart.
  mutating func addWeight(
    _ tensor: Tensor, of id: Graph.ValueID, form: Int = 0, storage: Program.Weight.Storage = .float32
  ) -> Int {
    let elements = withoutGradients { tensor.detached().to(dtype: .float32, device: .cpu).contiguous() }
    if keepsWeightsOutside {
      return program.add(
        Program.Weight(elements: elements, storage: .outside, key: .value(id, form: form, plan: program.plans.count)))
    }
    return program.add(Program.Weight(elements: elements, storage: storage, key: .content(of: elements, storage)))
  }

  /// Adds numbers as a weight.
  mutating func addWeight(_ values: [Float]) -> Int {
    let storage: Program.Weight.Storage = keepsWeightsOutside ? .outside : .float32
    return program.add(Program.Weight(elements: Tensor(values), storage: storage, key: .values(values)))
  }

  /// Adds a constant of one element, or of one element per channel, as a weight of one element per channel.
  mutating func addVector(_ id: Graph.ValueID, channels: Int) -> Int? {
    guard let constant = graph[id].constant else { return nil }
    let elements: [Float] = constant.elements()
    return addWeight(elements.count == 1 ? [Float](repeating: elements[0], count: channels) : elements)
  }

  /// An activation as kernels take it; `nil` if its slopes are no constant.
  mutating func parameters(_ activation: Graph.Activation, channels: Int) -> Program.ActivationParameters? {
    var result = Program.ActivationParameters()
    switch activation {
    case .identity: result.kind = CK_IDENTITY
    case .relu: result.kind = CK_RELU
    case .clamp(let lower, let upper): (result.kind, result.a, result.b) = (CK_CLIP, Float(lower), Float(upper))
    case .leakyReLU(let slope): (result.kind, result.a) = (CK_LEAKY_RELU, Float(slope))
    case .prelu(let slope):
      guard let slopes = addVector(slope, channels: channels) else { return nil }
      (result.kind, result.slopes) = (CK_PRELU, slopes)
    case .elu(let alpha): (result.kind, result.a) = (CK_ELU, Float(alpha))
    case .selu: result.kind = CK_SELU
    case .gelu(let tanhApproximation): result.kind = tanhApproximation ? CK_GELU_TANH : CK_GELU
    case .sigmoid: result.kind = CK_SIGMOID
    case .hardsigmoid: result.kind = CK_HARD_SIGMOID
    case .silu: result.kind = CK_SILU
    case .hardswish: result.kind = CK_HARD_SWISH
    case .tanh: result.kind = CK_TANH
    }
    return result
  }
}
