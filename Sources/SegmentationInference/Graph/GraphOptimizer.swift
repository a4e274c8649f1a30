/// Rewrites captured graphs into few kinds of nodes for engines: `NodeKind`, and libtorch's operators that have none.
///
/// Results change by rounding alone. Constants are computed from the weights' values at that moment, so that the model must
/// have them, and the optimized graph does not follow it.
public struct GraphOptimizer: Sendable {
  /// A graph with one line on how it became what it is.
  public struct Result {
    public let graph: Graph
    /// Nodes before and after, and how many each pass removed.
    public let report: String
  }

  public let passes: [GraphPass]

  public init(passes: [GraphPass] = GraphOptimizer.standard) { self.passes = passes }

  public static let standard: [GraphPass] = [
    .removeDeadNodes, .removeIdentities, .foldConstants, .canonicalize, .removeIdentities, .simplifyShapes,
    .removeDeadNodes, .simplifyShapes, .flattenConcatenations, .removeDeadNodes, .distributeOverConcatenations,
    .foldAffine, .foldPadding, .removeDeadNodes, .fuseSelfGates, .removeDeadNodes, .distributeOverConcatenations,
    .fuseActivations, .removeDeadNodes,
  ]

  public func callAsFunction(_ graph: Graph) -> Result {
    var current = graph
    var removed: [(name: String, count: Int)] = []
    for pass in passes {
      let next = pass(current)
      let count = current.nodes.count - next.nodes.count
      if let index = removed.firstIndex(where: { $0.name == pass.name }) {
        removed[index].count += count
      } else {
        removed.append((pass.name, count))
      }
      current = next
    }
    let changes = removed.filter { $0.count != 0 }
      .map { "\($0.name) \($0.count > 0 ? "-" : "+")\(abs($0.count))" }
    let report = "\(graph.nodes.count) nodes → \(current.nodes.count): \(changes.joined(separator: ", "))"
    return Result(graph: current, report: report)
  }
}
