import Torch

/// A network as a list of operators for one input shape: what passes rewrite, executors run and writers export.
///
/// Nodes are in an order in which they can run; each value is the result of one node, a constant or an input.
public struct Graph {
  /// Names a value of a graph; passes keep it where the value stays the same.
  public struct ValueID: Hashable, Sendable, CustomStringConvertible {
    public let index: Int

    public var description: String { "%\(index)" }
  }

  /// A tensor: computed, given or constant.
  public struct Value {
    public let shape: [Int]
    public let dtype: DType
    /// Its elements, where they do not depend on the input: the model's own tensor for weights.
    public let constant: Tensor?
    /// A weight's name in checkpoints.
    public let name: String?

    /// Number of elements.
    public var count: Int { shape.reduce(1, *) }
    /// Bytes it takes.
    public var size: Int { count * dtype.size }
  }

  public private(set) var values: [Value] = []
  public var nodes: [Node] = []
  public var inputs: [ValueID] = []
  public var outputs: [ValueID] = []

  public init() {}

  public subscript(id: ValueID) -> Value { values[id.index] }

  /// Adds a value that a node will compute, or an input.
  public mutating func addValue(_ shape: [Int], dtype: DType = .float32) -> ValueID {
    add(Value(shape: shape, dtype: dtype, constant: nil, name: nil))
  }

  /// Adds a constant.
  public mutating func addConstant(_ tensor: Tensor, name: String? = nil) -> ValueID {
    add(Value(shape: tensor.shape, dtype: tensor.dtype, constant: tensor, name: name))
  }

  private mutating func add(_ value: Value) -> ValueID {
    values.append(value)
    return ValueID(index: values.count - 1)
  }

  /// The graph with other constants of the same shapes.
  func mapConstants(_ transform: (Tensor) -> Tensor) -> Graph {
    var result = self
    result.values = values.map { value in
      guard let constant = value.constant.map(transform) else { return value }
      return Value(shape: value.shape, dtype: constant.dtype, constant: constant, name: value.name)
    }
    return result
  }

  /// How often each value is read, by nodes and as an output.
  func readerCounts() -> [ValueID: Int] {
    var counts: [ValueID: Int] = [:]
    for node in nodes {
      for input in node.inputs { counts[input, default: 0] += 1 }
    }
    for output in outputs { counts[output, default: 0] += 1 }
    return counts
  }
}

extension Graph: CustomStringConvertible {
  /// One line a node: results with shapes, operator, arguments, module.
  public var description: String {
    let inputs = inputs.map { "\($0) \(self[$0].shape) = input" }
    return (inputs + nodes.map(describe) + ["return \(outputs.map(\.description).joined(separator: ", "))"])
      .joined(separator: "\n")
  }

  private func describe(_ node: Node) -> String {
    func name(_ id: ValueID) -> String {
      self[id].constant == nil ? id.description : self[id].name ?? "constant\(self[id].shape)"
    }
    let arguments = node.arguments.compactMap { argument -> String? in
      let text: String
      switch argument.value {
      case .none: return nil
      case .value(let id): text = name(id)
      case .values(let list): text = "[\(list.map(name).joined(separator: ", "))]"
      case .int(let value): text = "\(value)"
      case .double(let value): text = "\(value)"
      case .bool(let value): text = "\(value)"
      case .ints(let list): text = "\(list)"
      case .doubles(let list): text = "\(list)"
      case .string(let value): text = "\"\(value)\""
      case .dtype(let value): text = "\(value)"
      }
      return ["self", "input", "tensors"].contains(argument.name) ? text : "\(argument.name)=\(text)"
    }
    let results = node.outputs.map { "\($0) \(self[$0].shape)" }.joined(separator: ", ")
    let module = node.module.isEmpty ? "" : "  @\(node.module)"
    return "\(results) = \(node.name)(\(arguments.joined(separator: ", ")))\(module)"
  }
}
