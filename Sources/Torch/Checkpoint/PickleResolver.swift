import CTorch
import Files

/// Turns a graph of values into values with tensors. It checks that tensors lie within their storages, that nothing
/// contains itself, and that the whole has a sensible depth and size.
struct PickleResolver {
  let graph: PickleGraph
  let file: String
  /// The bytes of a storage, as uint8 of one dimension.
  let load: (PickledStorage) throws -> Tensor

  private var resolved: [Int: (value: PickleValue, size: Int)] = [:]
  private var active: Set<Int> = []
  private var path: [String] = []
  private var storages: [String: Tensor] = [:]
  private var checkedBooleans: Set<String> = []

  private static let deepest = 100
  private static let longestKey = 1000

  init(graph: PickleGraph, file: String, load: @escaping (PickledStorage) throws -> Tensor) {
    self.graph = graph
    self.file = file
    self.load = load
  }

  mutating func resolve(_ node: Int) throws -> PickleValue { try value(node).value }

  private func refuse(_ problem: String, expected: String? = nil, found: String? = nil) -> CheckpointError {
    let key = path.isEmpty ? nil : path.joined(separator: " / ")
    return CheckpointError(file, key: key, problem, expected: expected, found: found)
  }

  /// The value, and the number of values in it. Shared values count as often as they occur.
  private mutating func value(_ node: Int) throws -> (value: PickleValue, size: Int) {
    switch graph[node] {
    case .none: return (.none, 1)
    case .bool(let value): return (.bool(value), 1)
    case .int(let value): return (.int(value), 1)
    case .double(let value): return (.double(value), 1)
    case .string(let value): return (.string(value), 1)
    case .bytes(let value): return (.bytes(value), 1)
    case .storage: return (.opaque("a storage without a tensor"), 1)
    case .numpyType(let type): return (.opaque("the numpy type \(type)"), 1)
    case .emptyArray: return (.opaque("an array of numpy without content"), 1)
    case .opaque(let what): return (.opaque(what), 1)
    case .global, .tensor, .list, .tuple, .dictionary: break
    }
    if let known = resolved[node] { return known }
    guard active.insert(node).inserted else { throw refuse("a value that contains itself") }
    guard active.count <= Self.deepest else { throw refuse("values nested more than \(Self.deepest) deep") }
    defer { active.remove(node) }
    let result: (value: PickleValue, size: Int)
    switch graph[node] {
    case .global(let name): result = (.opaque("Python's \(name)"), 1)
    case .tensor(let tensor): result = (.tensor(try self.tensor(tensor)), 1)
    case .list(let place):
      let (values, size) = try elements(graph.contents(place))
      result = (.list(values), size)
    case .tuple(let nodes):
      let (values, size) = try elements(nodes)
      result = (.tuple(values), size)
    case .dictionary(let place, let isOrderedDict):
      result = try dictionary(graph.contents(place), isOrderedDict: isOrderedDict)
    default: preconditionFailure("a node that is no container")
    }
    guard result.size <= PickleGraph.limit else { throw refuse("more than \(PickleGraph.limit) values") }
    resolved[node] = result
    return result
  }

  private mutating func elements(_ nodes: [Int]) throws -> ([PickleValue], size: Int) {
    var values: [PickleValue] = []
    var size = 1
    for (index, node) in nodes.enumerated() {
      path.append("\(index)")
      let (value, count) = try self.value(node)
      path.removeLast()
      values.append(value)
      size += count
    }
    return (values, size)
  }

  private mutating func dictionary(
    _ nodes: [Int], isOrderedDict: Bool
  ) throws -> (value: PickleValue, size: Int) {
    var dictionary = PickleDictionary(isOrderedDict: isOrderedDict)
    var size = 1
    for index in stride(from: 0, to: nodes.count, by: 2) {
      let key = try key(nodes[index])
      path.append(key.text)
      let (value, count) = try self.value(nodes[index + 1])
      path.removeLast()
      dictionary.set(key, value)
      size += 1 + count
    }
    return (.dictionary(dictionary), size)
  }

  private mutating func key(_ node: Int) throws -> PickleKey {
    switch graph[node] {
    case .string(let text):
      // A long key that a file refers to again and again would cost its length each time.
      guard text.utf8.count <= Self.longestKey else { throw refuse("a key of \(text.utf8.count) bytes") }
      return .string(text)
    case .int(let value): return .int(value)
    case .bool(let value): return .int(value ? 1 : 0)
    case .double(let value): return .other("\(value)")
    default: return .other("\(try value(node).value.kind.printable(limit: 40)) (\(node))")
    }
  }

  private mutating func tensor(_ tensor: PickledTensor) throws -> Tensor {
    let storage = tensor.storage
    let part = storage.view ?? 0..<storage.count
    let available = part.count * storage.itemSize / tensor.dtype.size
    guard let extent = tensor.layout.extent, extent <= available else {
      throw refuse(
        "a tensor of shape \(describe(tensor.layout.shape)) with strides \(describe(tensor.layout.strides ?? [])) at "
          + "\(tensor.layout.offset) goes beyond its storage",
        expected: "at least "
          + (tensor.layout.extent.map { "\($0) elements" } ?? "a possible number of elements"), found: "\(available)")
    }
    // Dimensions of stride 0 repeat elements, which must not make terabytes of a few bytes.
    let count = tensor.layout.shape.reduce(1, *)
    guard count <= max(available, 1 << 24) else {
      throw refuse("a tensor that repeats its storage to \(count) elements")
    }
    let bytes = try self.bytes(of: storage, for: tensor.dtype)
    let offset = extent == 0 ? 0 : part.lowerBound * storage.itemSize / tensor.dtype.size + tensor.layout.offset
    let shape = tensor.layout.shape
    let strides = tensor.layout.strides ?? tensor.layout.rowMajorStrides
    return try catchingTorchErrors {
      .make { ct_from_storage(bytes.handle, tensor.dtype.rawValue, offset, shape, strides, shape.count, $0) }
    }
  }

  /// The bytes of a storage that stand in the pickle.
  private func content(of node: Int, as storage: PickledStorage) throws -> Tensor {
    guard case .bytes(let bytes) = graph[node], bytes.count == storage.count else {
      throw refuse("an array without its bytes")
    }
    return try .read(shape: [bytes.count], dtype: .uint8, key: storage.key, file: file) { buffer in
      bytes.withUnsafeBytes { buffer.copyMemory(from: $0) }
    }
  }

  private mutating func bytes(of storage: PickledStorage, for dtype: DType) throws -> Tensor {
    let bytes: Tensor
    if let known = storages[storage.key] {
      bytes = known
    } else {
      bytes = try storage.bytes.map { try content(of: $0, as: storage) } ?? load(storage)
      storages[storage.key] = bytes
    }
    // Other bytes than 0 and 1 make libtorch's operations on booleans undefined.
    if dtype == .bool, checkedBooleans.insert(storage.key).inserted,
      let wrong = bytes.withUnsafeBytes({ $0.first { $0 > 1 } })
    {
      throw refuse("not a boolean", expected: "0 or 1", found: "\(wrong)")
    }
    return bytes
  }
}
