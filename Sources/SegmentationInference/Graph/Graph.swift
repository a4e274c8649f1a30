import Torch

/// A network as a list of operators for one input shape. Passes rewrite it, executors and engines run it.
///
/// The nodes are in an order in which they can run. Each value is an input, a constant or the result of one node.
public struct Graph {
  /// The name of a value in a graph. A pass keeps the name if the value stays the same.
  package struct ValueID: Hashable, Sendable, CustomStringConvertible {
    /// The value's position among the graph's values.
    package let index: Int

    /// The form in which values are printed, such as `%12`.
    package var description: String { "%\(index)" }
  }

  /// A tensor of the graph: an input, a constant or the result of a node.
  package struct Value {
    /// The number of elements in each dimension: [N, C, H, W] for maps.
    package let shape: [Int]
    /// The element type.
    package let dtype: DType
    /// The elements, if they do not depend on the input. For a weight this is the model's own tensor.
    package let constant: Tensor?
    /// The name of a weight in checkpoints; `nil` for all other values.
    package let name: String?
    /// The numbers that the bytes of a quantized map stand for; `nil` for all other values.
    package fileprivate(set) var quantization: Quantization?

    /// The number of elements.
    package var count: Int { shape.reduce(1, *) }
    /// The size of all elements in bytes.
    package var size: Int { count * dtype.size }
  }

  /// All values, in the order in which they were added.
  package private(set) var values: [Value] = []
  /// The operators, in an order in which they can run.
  package var nodes: [Node] = []
  /// The values that a run is given.
  package var inputs: [ValueID] = []
  /// The values that a run returns.
  package var outputs: [ValueID] = []

  /// Creates a graph without nodes.
  package init() {}

  /// The value with a name.
  package subscript(id: ValueID) -> Value { values[id.index] }

  /// Adds an input or a value that a node will compute.
  package mutating func addValue(_ shape: [Int], dtype: DType = .float32) -> ValueID {
    add(Value(shape: shape, dtype: dtype, constant: nil, name: nil, quantization: nil))
  }

  /// Adds a constant.
  /// - Parameter name: The name of a weight in checkpoints.
  package mutating func addConstant(_ tensor: Tensor, name: String? = nil) -> ValueID {
    add(Value(shape: tensor.shape, dtype: tensor.dtype, constant: tensor, name: name, quantization: nil))
  }

  /// Marks a value as held in bytes.
  package mutating func quantize(_ id: ValueID, _ quantization: Quantization) {
    values[id.index].quantization = quantization
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
      return Value(
        shape: value.shape, dtype: constant.dtype, constant: constant, name: value.name,
        quantization: value.quantization)
    }
    return result
  }

  /// The graph without the constants for which a condition does not hold.
  func keepingConstants(_ isKept: (ValueID) -> Bool) -> Graph {
    var result = self
    for (index, value) in values.enumerated() where value.constant != nil && !isKept(ValueID(index: index)) {
      result.values[index] = Value(
        shape: value.shape, dtype: value.dtype, constant: nil, name: value.name, quantization: value.quantization)
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
