import SegmentationImage
import SegmentationInference
import SegmentationModels
import Torch

/// A network's graph that was captured for images of several sizes, so that it is known how the shapes of tensors follow
/// from the size of the image.
///
/// The graphs must have the same nodes. The first one is the one that is written; a length that is the same in all of them
/// is a constant, and another one is expressed by the lengths of tensors that are there already.
struct SymbolicGraph {
  /// The graph for the first size.
  let graph: Graph
  fileprivate let others: [Variant]

  /// The graph for another size, and its values by those of the first graph.
  fileprivate struct Variant {
    let graph: Graph
    var values: [Graph.ValueID: Graph.ValueID]
  }

  /// - Parameters:
  ///   - graph: The graph for the first size.
  ///   - variants: The same network's graphs for other sizes or numbers of images.
  ///   - network: The network's name, for messages.
  /// - Throws: `ExchangeError` if a graph has other nodes than the first one.
  init(_ graph: Graph, variants: [Graph] = [], network: String) throws(ExchangeError) {
    self.graph = graph
    var others: [Variant] = []
    for variant in variants { others.append(try Self.match(graph, variant, network)) }
    self.others = others
  }

  /// The shape of a value in each graph.
  func shapes(of id: Graph.ValueID) -> [[Int]] {
    [graph[id].shape] + others.map { $0.graph[$0.values[id] ?? id].shape }
  }

  /// The lengths of a value's dimension in each graph.
  func lengths(of id: Graph.ValueID, axis: Int) -> [Int] { shapes(of: id).map { $0[axis] } }

  /// The lengths of a value's dimension, if it is the same in all graphs.
  func constantLength(of id: Graph.ValueID, axis: Int) -> Int? {
    let lengths = lengths(of: id, axis: axis)
    return lengths.allSatisfy { $0 == lengths[0] } ? lengths[0] : nil
  }

  /// Whether a value has one shape in all graphs.
  func hasConstantShape(_ id: Graph.ValueID) -> Bool {
    graph[id].shape.indices.allSatisfy { constantLength(of: id, axis: $0) != nil }
  }

  /// A node in each graph.
  func nodes(at index: Int) -> [Graph.Node] { [graph.nodes[index]] + others.map { $0.graph.nodes[index] } }

  /// The fraction of a length of the input that gives these lengths in all graphs, rounded down or up; `nil` if there is
  /// none.
  func fraction(_ lengths: [Int]) -> Dimension? {
    for axis in [2, 3, 0] {
      let whole = self.lengths(of: graph.inputs[0], axis: axis)
      guard Set(whole).count > 1 else { continue }
      for divisor in 1...64 {
        for multiplier in 1...8 {
          for offset in Set([0, divisor - 1]).sorted()
          where zip(whole, lengths).allSatisfy({ ($0 * multiplier + offset) / divisor == $1 }) {
            return .fraction(axis: axis, multiplier: multiplier, offset: offset, divisor: divisor)
          }
        }
      }
    }
    return nil
  }

  // MARK: - Matching

  private static func match(_ first: Graph, _ other: Graph, _ network: String) throws(ExchangeError) -> Variant {
    var variant = Variant(graph: other, values: [:])
    for (a, b) in zip(first.inputs, other.inputs) { variant.values[a] = b }
    for (index, node) in first.nodes.enumerated() {
      guard index < other.nodes.count else { throw mismatch(node, network) }
      let counterpart = other.nodes[index]
      let (inputs, otherInputs) = (node.inputs, counterpart.inputs)
      guard signature(node, first) == signature(counterpart, first), inputs.count == otherInputs.count,
        node.outputs.count == counterpart.outputs.count
      else { throw mismatch(node, network) }
      for (a, b) in zip(inputs, otherInputs) {
        guard variant.match(a, b, first) else { throw mismatch(node, network) }
      }
      for (a, b) in zip(node.outputs, counterpart.outputs) { variant.values[a] = b }
    }
    guard other.nodes.count == first.nodes.count,
      zip(first.outputs, other.outputs).allSatisfy({ variant.values[$0] == $1 })
    else {
      throw ExchangeError(
        "\(network) cannot be exported for images of several sizes: its output comes from another node")
    }
    return variant
  }

  private static func mismatch(_ node: Graph.Node, _ network: String) -> ExchangeError {
    let place = node.module.isEmpty ? "" : " in \(node.module)"
    return ExchangeError(
      "\(network) cannot be exported for images of several sizes: its operator \(node.operator.name)\(place) computes "
        + "something else at another size; give a larger --size, or leave --dynamic and --dynamic-batch out")
  }

  /// Everything about a node except the values that it reads and what follows from the size of the image.
  private static func signature(_ node: Graph.Node, _ graph: Graph) -> String {
    switch node.operator {
    // A mean over cells is a pooling if the cells are equal, which depends on the size.
    case .pool(let pool) where pool.isCellAverage: return "average of cells"
    case .adaptivePool(let pool) where pool.kind == .average: return "average of cells"
    default: return "\(node.operator.mapValues { _ in graph.inputs[0] })"
    }
  }
}

extension SymbolicGraph.Variant {
  /// Whether two values are the same one in two graphs; constants are the same if their elements are equal.
  fileprivate mutating func match(_ a: Graph.ValueID, _ b: Graph.ValueID, _ first: Graph) -> Bool {
    if let known = values[a] { return known == b || areEqual(a, b, first) }
    guard areEqual(a, b, first) else { return false }
    values[a] = b
    return true
  }

  private func areEqual(_ a: Graph.ValueID, _ b: Graph.ValueID, _ first: Graph) -> Bool {
    guard let left = first[a].constant, let right = graph[b].constant, left.shape == right.shape else { return false }
    return left.isSame(as: right) || withoutGradients { left.equals(right) }
  }
}

extension Graph.Pool {
  /// Whether the pooling takes the mean of cells that lie beside each other, which may be what became of an adaptive one.
  var isCellAverage: Bool {
    if case .average = kind { kernel == stride && padding == 0 } else { false }
  }
}
