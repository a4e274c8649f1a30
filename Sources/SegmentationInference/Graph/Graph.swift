import Torch

/// A network as a list of operators for one input shape. Passes rewrite it, executors and engines run it.
///
/// The nodes are in an order in which they can run. Each value is an input, a constant or the result of one node.
public struct Graph {
  /// The name of a value in a graph. A pass keeps the name if the value stays the same.
  public struct ValueID: Hashable, Sendable, CustomStringConvertible {
    /// The value's position among the graph's values.
    public let index: Int

    /// The form in which values are printed, such as `%12`.
    public var description: String { "%\(index)" }
  }

  /// A tensor of the graph: an input, a constant or the result of a node.
  public struct Value {
    /// The number of elements in each dimension: [N, C, H, W] for maps.
    public let shape: [Int]
    /// The element type.
    public let dtype: DType
    /// The elements, if they do not depend on the input. For a weight this is the model's own tensor.
    public let constant: Tensor?
    /// The name of a weight in checkpoints; `nil` for all other values.
    public let name: String?

    /// The number of elements.
    public var count: Int { shape.reduce(1, *) }
    /// The size of all elements in bytes.
    public var size: Int { count * dtype.size }
  }

  /// All values, in the order in which they were added.
  public private(set) var values: [Value] = []
  /// The operators, in an order in which they can run.
  public var nodes: [Node] = []
  /// The values that a run is given.
  public var inputs: [ValueID] = []
  /// The values that a run returns.
  public var outputs: [ValueID] = []

  /// Creates a graph without nodes.
  public init() {}

  /// The value with a name.
  public subscript(id: ValueID) -> Value { values[id.index] }

  /// Adds an input or a value that a node will compute.
  public mutating func addValue(_ shape: [Int], dtype: DType = .float32) -> ValueID {
    add(Value(shape: shape, dtype: dtype, constant: nil, name: nil))
  }

  /// Adds a constant.
  /// - Parameter name: The name of a weight in checkpoints.
  public mutating func addConstant(_ tensor: Tensor, name: String? = nil) -> ValueID {
    add(Value(shape: tensor.shape, dtype: tensor.dtype, constant: tensor, name: name))
  }

  private mutating func add(_ value: Value) -> ValueID {
    values.append(value)
    return ValueID(index: values.count - 1)
  }

  /// The graph with each constant replaced by another of the same shape.
  func mapConstants(_ transform: (Tensor) -> Tensor) -> Graph {
    var result = self
    result.values = values.map { value in
      guard let constant = value.constant.map(transform) else { return value }
      return Value(shape: value.shape, dtype: constant.dtype, constant: constant, name: value.name)
    }
    return result
  }

  /// The number of times that each value is read by nodes or returned as an output.
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
  /// One line per node: its results with their shapes, the operator, the arguments, the module.
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
