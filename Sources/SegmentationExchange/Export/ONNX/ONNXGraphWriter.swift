import ONNX
import SegmentationInference
import SegmentationModels
import Torch

/// Writes the operators of a network's graph as ONNX's.
///
/// Values have the shapes of the graph, so the two agree node by node. ONNX lacks some operators; these are written as
/// several that compute exactly the same: max unpooling, means over cells of unequal sizes, and GELU before opset 20.
struct ONNXGraphWriter {
  let network: SymbolicGraph
  /// The network's name, for messages.
  let title: String
  /// The nodes that compute on bytes; `nil` if everything is float32.
  let assignment: QuantizationAssignment?
  var builder: ONNXBuilder
  /// The names of the graph's values in the ONNX graph.
  var names: [Graph.ValueID: String] = [:]
  /// The names of numbers that went through bytes.
  var roundedNames: [Graph.ValueID: String] = [:]
  /// The node that is written, by its position.
  var index = 0
  /// The first computed tensor whose dimension has certain lengths in all graphs.
  private var places: [[Int]: (id: Graph.ValueID, axis: Int)] = [:]
  private var lengths: [LengthKey: String] = [:]

  /// Tells the lengths apart that were already asked for.
  private struct LengthKey: Hashable {
    let id: Graph.ValueID
    let axis: Int
  }

  init(_ network: SymbolicGraph, title: String, assignment: QuantizationAssignment?, opset: Int) {
    self.network = network
    self.title = title
    self.assignment = assignment
    builder = ONNXBuilder(opset: opset)
  }

  var graph: Graph { network.graph }
  var node: Graph.Node { graph.nodes[index] }

  /// Writes all nodes and returns the name of the scores.
  /// - Parameter input: The name of the network's input in the ONNX graph.
  /// - Throws: `ExchangeError` for an operator that ONNX cannot express.
  mutating func write(input: String) throws(ExchangeError) -> String {
    name(graph.inputs[0], input)
    for position in graph.nodes.indices {
      index = position
      builder.module = node.module
      let result = try writeNode()
      name(node.output, result)
    }
    builder.module = ""
    guard let scores = names[graph.outputs[0]] else {
      throw ExchangeError("\(title): its scores do not depend on the image")
    }
    return scores
  }

  private mutating func name(_ id: Graph.ValueID, _ name: String) {
    names[id] = name
    for axis in graph[id].shape.indices {
      let lengths = network.lengths(of: id, axis: axis)
      if places[lengths] == nil { places[lengths] = (id, axis) }
    }
  }

  /// The reason why the present node cannot be written.
  func refusal(_ reason: String) -> ExchangeError {
    let place = node.module.isEmpty ? "" : " in \(node.module)"
    return ExchangeError("\(title) cannot be written as ONNX: the operator \(node.operator.name)\(place) \(reason)")
  }

  // MARK: - Values

  /// The name of a value that the present node reads.
  mutating func read(_ id: Graph.ValueID) -> String { read(id, inBytes: assignment?.contains(node) ?? false) }

  mutating func read(_ id: Graph.ValueID, inBytes: Bool) -> String {
    if let assignment, graph[id].constant == nil, assignment.quantized.contains(id) || inBytes,
      let quantization = assignment.quantizations[id]
    {
      return rounded(id, quantization)
    }
    if let name = names[id] { return name }
    guard let constant = graph[id].constant else { return "" }
    let name = builder.constant(constant, named: graph[id].name ?? "constant")
    names[id] = name
    return name
  }

  // MARK: - Lengths

  /// The length of one dimension of the present node's result.
  func dimension(_ axis: Int) throws(ExchangeError) -> Dimension {
    let lengths = network.lengths(of: node.output, axis: axis)
    if let constant = network.constantLength(of: node.output, axis: axis) { return .constant(constant) }
    if let place = places[lengths] { return .size(of: place.id, axis: place.axis) }
    if let fraction = network.fraction(lengths) { return fraction }
    throw refusal("makes a size that does not follow from the image's in a simple way; leave --dynamic out")
  }

  /// A list of lengths as an int64 tensor.
  mutating func vector(_ dimensions: [Dimension]) -> String {
    var parts: [String] = []
    var constants: [Int] = []
    func isConstant(_ dimension: Dimension) -> Bool { if case .constant = dimension { true } else { false } }
    for dimension in dimensions {
      if case .constant(let length) = dimension {
        constants.append(length)
        continue
      }
      if !constants.isEmpty { parts.append(builder.ints(constants)) }
      constants = []
      parts.append(length(dimension))
    }
    if !constants.isEmpty { parts.append(builder.ints(constants)) }
    return parts.count == 1 ? parts[0] : builder.emit("Concat", parts, [.int("axis", 0)])
  }

  /// One length as an int64 tensor [1].
  mutating func length(_ dimension: Dimension) -> String {
    switch dimension {
    case .constant(let length): return builder.ints([length])
    case .size(let id, let axis):
      let key = LengthKey(id: id, axis: axis)
      if let name = lengths[key] { return name }
      let name = builder.emit("Shape", [names[id]!], [.int("start", axis), .int("end", axis + 1)])
      lengths[key] = name
      return name
    case .fraction(let axis, let multiplier, let offset, let divisor):
      var name = length(.size(of: graph.inputs[0], axis: axis))
      if multiplier > 1 { name = builder.emit("Mul", [name, builder.ints([multiplier])]) }
      if offset > 0 { name = builder.emit("Add", [name, builder.ints([offset])]) }
      return divisor > 1 ? builder.emit("Div", [name, builder.ints([divisor])]) : name
    }
  }
}
