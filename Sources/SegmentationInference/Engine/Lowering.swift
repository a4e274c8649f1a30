import CKernels
import Torch

/// Turns an optimized graph into calls of kernels.
///
/// A value of shape [1, C, H, W] becomes a map; every other value lies in memory in order. Joining maps costs nothing
/// if each part can be written straight into its place. An operator without a kernel runs in libtorch on views of the
/// same memory.
///
/// Terms of this folder:
/// - A *map* is one image or feature map with channels innermost, [H, W, C] in memory.
/// - A *band* is a few neighbouring rows of a map (see `BandSchedule`).
/// - A *quantized* map holds uint8, which stands for numbers by a scale and a zero point; names that contain `bytes`
///   mean quantized maps.
/// - A *kernel* is a function of `CKernels` that computes one operator.
struct Lowering {
  let graph: Graph
  /// The element type of every map except quantized maps and the class map.
  let type: ck_type
  /// The kernels that were measured to be the fastest; `nil` to choose by estimates.
  let choices: KernelChoices?
  private(set) var operations: [EngineOperation] = []
  private(set) var persistent: [EngineTensor] = []
  /// The tensor of the class scores or of the class map.
  private(set) var output: EngineTensor!
  /// Constants that kernels read as maps; each is copied into the plan's memory once.
  private(set) var constants: [(tensor: EngineTensor, source: Tensor)] = []
  /// The nodes that compute on quantized maps; `nil` if there are none.
  let bytes: ByteAssignment?
  private var tensors: [Graph.ValueID: EngineTensor] = [:]
  /// Copies of values in the other form: quantized for a value made as floats, floats for a value made quantized.
  private var converted: [Graph.ValueID: EngineTensor] = [:]
  /// The size of the processor's caches in bytes.
  private let cacheBytes: Int
  private let readers: [Graph.ValueID: Int]
  /// For each value that exactly one node reads, that node.
  private let soleReaders: [Graph.ValueID: Graph.Node]
  /// Nodes that are not lowered yet because the only node that reads their result may compute them along with its own.
  private var deferred: [Graph.ValueID: Graph.Node] = [:]
  /// Whether a later node takes the positions of the largest values. A rounding error in this node can then move a
  /// value by a pixel.
  private(set) var decidesPositions = false

  /// - Parameter input: The map that holds the image of each run.
  init(
    _ graph: Graph, input: EngineTensor, type: ck_type, bytes: ByteAssignment? = nil, choices: KernelChoices? = nil,
    cacheBytes: Int = 16 << 20
  ) throws {
    self.cacheBytes = cacheBytes
    self.graph = graph
    self.type = type
    self.bytes = bytes
    self.choices = choices
    readers = graph.readerCounts()
    var soleReaders: [Graph.ValueID: Graph.Node] = [:]
    for node in graph.nodes {
      for input in node.inputs where readers[input] == 1 { soleReaders[input] = node }
    }
    self.soleReaders = soleReaders
    tensors[graph.inputs[0]] = input
    persistent.append(input)
    let lastPositions = graph.nodes.lastIndex { $0.outputs.count > 1 && readers[$0.outputs[1], default: 0] > 0 }
    for (index, node) in graph.nodes.enumerated() {
      decidesPositions = index < lastPositions ?? 0
      try lower(node)
    }
    let result = try tensor(graph.outputs[0])
    persistent.append(result.root)
    output = result
  }

  private mutating func lower(_ node: Graph.Node) throws {
    switch (node.kind, node.name) {
    case (.conv, _), (.convTranspose, _): try lowerConvolution(node)
    case (.affine, _), (.unary, _): try lowerAffine(node)
    case (.binary, _): try lowerBinary(node)
    case (.globalMean, _), (_, "adaptive_avg_pool2d"): try lowerAdaptiveAverage(node)
    case (.resize, _): try lowerResize(node)
    case (.slice, _): try lowerSlice(node)
    case (.permuteChannels, _): try lowerPermutation(node)
    case (.argmax, _): try lowerArgmax(node)
    case (_, "cat"): try lowerJoin(node)
    case (_, "max_pool2d"), (_, "max_pool2d_with_indices"), (_, "avg_pool2d"): try lowerPool(node)
    case (_, "max_unpool2d"): try lowerUnpool(node)
    case (_, "adaptive_max_pool2d") where !node.outputs.dropFirst().contains(where: isRead):
      try lowerCall(node) { ck_adaptive_max_pool($0, $1, $2) }
    case (_, "pixel_shuffle"):
      let factor = Int32(node.int("upscale_factor")!)
      try lowerCall(node) { ck_pixel_shuffle($0, $1, $2, factor) }
    case (_, "softmax") where isChannelDimension(node.int("dim"), of: node):
      try lowerCall(node) { ck_softmax($0, $1, $2) }
    case (_, "mean") where isChannelReduction(node):
      try lowerCall(node) { ck_reduce_channels($0, $1, $2, CK_MEAN) }
    case (_, "amax") where isChannelReduction(node):
      try lowerCall(node) { ck_reduce_channels($0, $1, $2, CK_LARGEST) }
    default: try lowerToLibtorch(node)
    }
  }

  // MARK: - Tensors

  func shape(_ id: Graph.ValueID) -> [Int] { graph[id].shape }

  private func isMapShape(_ shape: [Int]) -> Bool { shape.count == 4 && shape[0] == 1 && !shape.contains(0) }

  private func isChannelDimension(_ dimension: Int?, of node: Graph.Node) -> Bool {
    isMapShape(shape(node.output)) && (dimension == 1 || dimension == -3)
  }

  /// Whether a node reduces all channels of a map to one.
  private func isChannelReduction(_ node: Graph.Node) -> Bool {
    let dimensions = node.ints("dim") ?? []
    return isMapShape(shape(node.inputs[0])) && isMapShape(shape(node.output))
      && (dimensions == [1] || dimensions == [-3])
  }

  /// The tensor that a node reads: the quantized one if the node computes on quantized maps, else `tensor(id)`.
  mutating func operand(_ id: Graph.ValueID, of node: Graph.Node) throws -> EngineTensor {
    guard let bytes, bytes.contains(node) else { return try tensor(id) }
    if let tensor = tensors[id], tensor.quantization != nil { return tensor }
    if let tensor = converted[id] { return tensor }
    return convert(id, try tensor(id), type: CK_UINT8, quantization: bytes.quantizations[id]!)
  }

  private mutating func convert(
    _ id: Graph.ValueID, _ source: EngineTensor, type: ck_type, quantization: ck_quantization?
  ) -> EngineTensor {
    let target = EngineTensor(source.shape, type: type, quantization: quantization)
    converted[id] = target
    let name = quantization == nil ? "dequantize" : "quantize"
    let cost = Graph.Cost(
      bytesRead: source.count * source.bytesPerElement, bytesWritten: target.count * target.bytesPerElement)
    operations.append(
      EngineOperation(
        name: name, module: "", cost: cost, kernel: KernelName("kernel"), inputs: [source], outputs: [target]
      ) { pool in
        let both = KernelArray([source.quantization ?? ck_quantization(), quantization ?? ck_quantization()])
        return EngineStep(bands: .elementwise) { rows in
          withRows(rows, source, target) {
            ck_affine_bytes(pool.handle, $0, both.pointer, $1, both.pointer + 1, nil, nil, nil)
          }
        }
      })
    return target
  }

  /// The tensor of a value in the form, quantized or not, in which it was made.
  mutating func home(_ id: Graph.ValueID) throws -> EngineTensor { try tensors[id] ?? tensor(id) }

  /// The tensor of a value in a form that is not quantized. A constant becomes a map or a plain tensor that keeps its
  /// memory from run to run.
  mutating func tensor(_ id: Graph.ValueID) throws -> EngineTensor {
    if let tensor = tensors[id] {
      guard tensor.quantization != nil else { return tensor }
      return converted[id] ?? convert(id, tensor, type: type, quantization: nil)
    }
    guard let constant = graph[id].constant else {
      throw EngineError.unsupported(node: "\(id)", reason: "it is read before it is computed")
    }
    let tensor = make(id)
    constants.append((tensor, constant))
    persistent.append(tensor)
    return tensor
  }

  /// Creates the tensor of a node's result.
  mutating func make(_ id: Graph.ValueID) -> EngineTensor {
    let shape = shape(id)
    let isNumber = graph[id].dtype == .float32
    let quantization = bytes?.homes.contains(id) == true ? bytes?.quantizations[id] : nil
    let tensor =
      isMapShape(shape) && isNumber
      ? EngineTensor(
        .map(height: shape[2], width: shape[3], channels: shape[1]), type: quantization == nil ? type : CK_UINT8,
        quantization: quantization)
      : EngineTensor(.plain(shape), type: CK_FLOAT32)
    tensors[id] = tensor
    return tensor
  }

  mutating func set(_ id: Graph.ValueID, _ tensor: EngineTensor) { tensors[id] = tensor }

  // MARK: - Deferred nodes

  /// The only node that reads a node's result, if there is just one and neither computes on quantized maps.
  func soleReader(of node: Graph.Node) -> Graph.Node? {
    guard let reader = soleReaders[node.output], bytes?.contains(node) != true, bytes?.contains(reader) != true else {
      return nil
    }
    return reader
  }

  /// Leaves a node to the only reader of its result, which either computes it along with its own operator or lowers it
  /// first.
  mutating func postpone(_ node: Graph.Node) { deferred[node.output] = node }

  mutating func takeDeferred(_ id: Graph.ValueID) -> Graph.Node? { deferred.removeValue(forKey: id) }

  /// Whether a node joins two maps of one shape, and the only reader of the result shuffles their channels.
  func isShuffledJoin(_ node: Graph.Node) -> Bool {
    guard joinsMaps(node), soleReaders[node.output]?.shufflesHalves == true, let ids = node.values("tensors") else {
      return false
    }
    return ids.count == 2 && shape(ids[0]) == shape(ids[1])
  }

  private func joinsMaps(_ node: Graph.Node) -> Bool {
    let rank = shape(node.output).count
    return node.name == "cat" && ((node.int("dim") ?? 0) + rank) % rank == 1 && isMapShape(shape(node.output))
  }

  /// Whether any node reads a value.
  func isRead(_ id: Graph.ValueID) -> Bool { readers[id, default: 0] > 0 }

  /// Adds the operation that does what a node does.
  mutating func add(
    _ node: Graph.Node, _ inputs: [EngineTensor], _ outputs: [EngineTensor], kernel: KernelName? = nil,
    replaceable: [EngineTensor] = [], convolution: KernelConvolution? = nil,
    _ makeStep: @escaping (KernelPool) throws -> EngineStep
  ) {
    operations.append(
      EngineOperation(
        name: node.kind.map { "\($0)" } ?? node.name, module: node.module,
        cost: graph.cost(of: node, numberSize: numberSize(in: node)), kernel: kernel ?? KernelName("kernel"),
        inputs: inputs, outputs: outputs, convolution: convolution, replaceable: replaceable, makeStep: makeStep))
  }

  /// The size in bytes of the numbers that a node reads and makes.
  private func numberSize(in node: Graph.Node) -> Int {
    bytes?.contains(node) == true ? 1 : type == CK_BFLOAT16 ? 2 : 4
  }

  /// The cost of all nodes.
  var cost: Graph.Cost { graph.cost(numberSize: numberSize) }
  var weightBytes: Int { graph.weightBytes(numberSize: numberSize) }

  /// Whether all tensors are maps and either all quantized or all of the plan's type, as kernels need them.
  func areMaps(_ tensors: EngineTensor...) -> Bool {
    let expected = tensors[0].quantization == nil ? type : CK_UINT8
    return tensors.allSatisfy { $0.isMap && $0.type == expected }
  }

  func unsupported(_ node: Graph.Node, _ reason: String) -> EngineError {
    .unsupported(node: node.module.isEmpty ? node.name : "\(node.name) of \(node.module)", reason: reason)
  }

  /// Lowers a node to a kernel that turns one map into another.
  private mutating func lowerCall(
    _ node: Graph.Node,
    _ call: @escaping (OpaquePointer, UnsafePointer<ck_map>, UnsafePointer<ck_map>) -> Bool
  ) throws {
    let input = try tensor(node.inputs[0])
    let output = make(node.output)
    guard areMaps(input, output) else { return try lowerToLibtorch(node) }
    add(node, [input], [output]) { pool in EngineStep { call(pool.handle, input.map, output.map) } }
  }

  // MARK: - Layout

  private mutating func lowerSlice(_ node: Graph.Node) throws {
    let input = try operand(node.value("input")!, of: node)
    let rank = shape(node.value("input")!).count
    let dimension = (node.int("dim")! + rank) % rank
    guard input.isMap, dimension == 1 else { return try lowerToLibtorch(node) }
    let offset = node.int("offset")!
    set(node.output, EngineTensor(channels: offset..<offset + node.int("length")!, of: input))
  }

  private mutating func lowerJoin(_ node: Graph.Node) throws {
    guard joinsMaps(node) else { return try lowerToLibtorch(node) }
    if try lowerShuffledJoin(node) { return }
    let ids = node.values("tensors")!
    let parts = try ids.map { try operand($0, of: node) }
    let whole = make(node.output)
    guard areMaps(whole), parts.allSatisfy(\.isMap) else { return try lowerToLibtorch(node) }
    var channel = 0
    var seen: Set<ObjectIdentifier> = []
    for part in parts {
      let isFree =
        part.base == nil && !persistent.contains { $0 === part } && seen.insert(ObjectIdentifier(part)).inserted
      if isFree, !isWorthCopying(part, into: whole) {
        part.place(in: whole, firstChannel: channel)
      } else {
        let place = EngineTensor(channels: channel..<channel + part.channels, of: whole)
        let bytes = part.count * part.bytesPerElement
        operations.append(
          EngineOperation(
            name: node.name, module: node.module, cost: Graph.Cost(bytesRead: bytes, bytesWritten: bytes),
            kernel: KernelName("copy"), inputs: [part], outputs: [place]
          ) { pool in
            EngineStep(bands: .elementwise) { rows in
              withRows(rows, part, place) { ck_copy(pool.handle, $0, $1) }
            }
          })
      }
      channel += part.channels
    }
    // Naming the whole here makes the arena keep it from its first part on, whatever runs in between.
    operations.append(
      EngineOperation(
        name: node.name, module: node.module, cost: Graph.Cost(), kernel: KernelName("nothing"), inputs: [],
        outputs: [whole]
      ) { _ in EngineStep(bands: .elementwise) { _ in true } })
  }

  /// Whether copying a part into the joined map is better than writing it there at once. That is so if the part is
  /// small, the joined map is larger than the caches, and operations on small maps lie between the part and the join:
  /// the joined map would then stay in memory from the part on, and could not take turns with the operation that made
  /// it.
  private func isWorthCopying(_ part: EngineTensor, into whole: EngineTensor) -> Bool {
    guard BandSchedule.bytes([whole]) > cacheBytes, 4 * part.channels < whole.channels,
      let writer = operations.lastIndex(where: { $0.outputs.contains { $0 === part } })
    else { return false }
    return operations[writer...].contains { !BandSchedule.isLarge($0, cacheBytes: cacheBytes) }
  }

  /// Lowers a join whose result is only shuffled to one kernel that reads both maps where they are.
  /// - Returns: False for every other join.
  private mutating func lowerShuffledJoin(_ node: Graph.Node) throws -> Bool {
    let ids = node.values("tensors")!
    let product = takeDeferred(ids[ids.count - 1])
    if isShuffledJoin(node), let shuffle = soleReaders[node.output],
      bytes?.contains(node) == bytes?.contains(shuffle)
    {
      let first = try operand(ids[0], of: node)
      let second = try operand(product?.value("input") ?? ids[1], of: node)
      let scale = try product.map { try operand($0.value("other")!, of: $0) }
      let output = make(shuffle.output)
      if areMaps(first, second, scale ?? first, output) {
        addInterleaving(shuffle, first, second, scale: scale, output)
        return true
      }
      tensors[shuffle.output] = nil
    }
    if let product { try lowerPlainBinary(product) }
    return false
  }

  private mutating func addInterleaving(
    _ node: Graph.Node, _ first: EngineTensor, _ second: EngineTensor, scale: EngineTensor? = nil,
    _ output: EngineTensor
  ) {
    add(node, [first, second] + (scale.map { [$0] } ?? []), [output]) { pool in
      let bands = RowBands { rows in [rows, rows, 0..<1] }
      return EngineStep(bands: bands) { rows in
        var (a, b, result) = (first.rows(rows), second.rows(rows), output.rows(rows))
        return ck_interleave_channels(pool.handle, &a, &b, scale?.map, &result)
      }
    }
  }

  private mutating func lowerPermutation(_ node: Graph.Node) throws {
    // This permutation was done together with the join that it reads.
    if tensors[node.output] != nil { return }
    let indices = node.ints("indices")!.map(Int32.init)
    let input = try operand(node.value("input")!, of: node)
    let output = make(node.output)
    guard areMaps(input, output) else { return try lowerToLibtorch(node) }
    if node.shufflesHalves {
      let half = input.channels / 2
      return addInterleaving(
        node, EngineTensor(channels: 0..<half, of: input), EngineTensor(channels: half..<2 * half, of: input), output)
    }
    add(node, [input], [output]) { pool in
      let source = KernelArray(indices)
      return EngineStep(bands: .elementwise) { rows in
        withRows(rows, input, output) { ck_permute_channels(pool.handle, $0, $1, source.pointer) }
      }
    }
  }

  // MARK: - libtorch

  /// The tensors that a node reads, except constants.
  mutating func libtorchInputs(of node: Graph.Node) throws -> [(id: Graph.ValueID, tensor: EngineTensor)] {
    try node.inputs.filter { graph[$0].constant == nil }.map { ($0, try tensor($0)) }
  }

  /// Runs a node in libtorch on views of the plan's memory.
  mutating func lowerToLibtorch(_ node: Graph.Node) throws {
    let outputs = node.outputs.map { tensors[$0] ?? make($0) }
    if outputs.contains(where: { $0.quantization != nil }) { throw unsupported(node, "bytes") }
    let inputs = try libtorchInputs(of: node)
    if let other = node.outputs.first(where: { graph[$0].dtype != .float32 }) {
      throw unsupported(node, "a result of type \(graph[other].dtype)")
    }
    let call = LibtorchCall(node, graph, inputs: inputs, outputs: outputs)
    add(node, inputs.map(\.tensor), outputs, kernel: KernelName("libtorch")) { _ in EngineStep(run: call.run) }
  }
}

extension Graph.Node {
  /// Whether a permutation takes channels of the first half and of the second half of a map alternately.
  fileprivate var shufflesHalves: Bool {
    guard kind == .permuteChannels, let indices = ints("indices"), indices.count.isMultiple(of: 2) else { return false }
    return indices == indices.indices.map { $0 / 2 + $0 % 2 * (indices.count / 2) }
  }
}

/// An array at a fixed address, which kernels read in each run.
final class KernelArray<Element> {
  let pointer: UnsafePointer<Element>

  init(_ elements: [Element]) {
    let memory = UnsafeMutablePointer<Element>.allocate(capacity: max(elements.count, 1))
    memory.initialize(from: elements, count: elements.count)
    pointer = UnsafePointer(memory)
  }

  deinit { pointer.deallocate() }
}
