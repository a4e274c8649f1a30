import SegmentationInference
import Torch

/// Writes a network's graph as the source text of a TorchScript function, one line for each operator.
struct TorchScriptWriter {
  let network: SymbolicGraph
  /// The network's name, for messages.
  let title: String
  /// The lines of the function.
  private(set) var lines: [String] = []
  /// The tensors that the function reads as `self.NAME`.
  private(set) var tensors: [(name: String, tensor: Tensor)] = []
  private var used: Set<String> = ["forward", "training"]
  private var names: [Graph.ValueID: String] = [:]
  private(set) var index = 0
  private var places: [[Int]: (id: Graph.ValueID, axis: Int)] = [:]

  init(_ network: SymbolicGraph, title: String) {
    self.network = network
    self.title = title
  }

  var graph: Graph { network.graph }
  var node: Graph.Node { graph.nodes[index] }

  /// Writes all nodes and returns the name of the scores.
  /// - Throws: `ExchangeError` for an operator that cannot be written for all sizes of images.
  mutating func write(input: String) throws(ExchangeError) -> String {
    name(graph.inputs[0], input)
    for position in graph.nodes.indices {
      index = position
      let results = node.outputs.map { "v\($0.index)" }
      let expression = try expression()
      let target = isTuple ? (results + ["_"]).prefix(2).joined(separator: ", ") : results.joined(separator: ", ")
      lines.append("\(target) = \(expression)")
      for (id, result) in zip(node.outputs, results) { name(id, result) }
    }
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

  /// Adds a line that gives an expression a name.
  mutating func assign(_ expression: String) -> String {
    let name = "t\(lines.count)"
    lines.append("\(name) = \(expression)")
    return name
  }

  /// Adds a tensor and returns the expression that reads it.
  mutating func constant(_ tensor: Tensor, named wish: String) -> String {
    var plain = String(wish.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
    if plain.first?.isLetter != true { plain = "_" + plain }
    var name = plain
    var count = 1
    while !used.insert(name).inserted {
      name = "\(plain)_\(count)"
      count += 1
    }
    tensors.append((name, tensor))
    return "self.\(name)"
  }

  /// The expression that reads a value.
  mutating func read(_ id: Graph.ValueID) -> String {
    if let name = names[id] { return name }
    guard let tensor = graph[id].constant else { return "None" }
    let name = constant(tensor, named: graph[id].name ?? "constant")
    names[id] = name
    return name
  }

  /// The reason why the present node cannot be written.
  func refusal(_ reason: String) -> ExchangeError {
    let place = node.module.isEmpty ? "" : " in \(node.module)"
    return ExchangeError(
      "\(title) cannot be written as TorchScript: the operator \(node.operator.name)\(place) \(reason)")
  }

  /// The expression for a length of the present node's result.
  func length(_ axis: Int) throws(ExchangeError) -> String {
    let lengths = network.lengths(of: node.output, axis: axis)
    if let constant = network.constantLength(of: node.output, axis: axis) { return "\(constant)" }
    if let place = places[lengths] { return "\(names[place.id]!).size(\(place.axis))" }
    if case .fraction(let axis, let multiplier, let offset, let divisor)? = network.fraction(lengths) {
      return "(\(names[graph.inputs[0]]!).size(\(axis)) * \(multiplier) + \(offset)) // \(divisor)"
    }
    throw refusal("makes a size that does not follow from the image's in a simple way; leave --dynamic out")
  }

  /// The list of all lengths of the present node's result, or of some of them.
  func lengths(_ axes: [Int]? = nil) throws(ExchangeError) -> String {
    var parts: [String] = []
    for axis in axes ?? Array(graph[node.output].shape.indices) { parts.append(try length(axis)) }
    return "[\(parts.joined(separator: ", "))]"
  }

  /// Whether libtorch's operator for the present node has two results.
  private var isTuple: Bool {
    switch node.operator {
    case .pool(let pool): pool.kind == .max && node.outputs.count > 1
    case .adaptivePool(let pool): pool.kind == .max
    default: false
    }
  }
}
