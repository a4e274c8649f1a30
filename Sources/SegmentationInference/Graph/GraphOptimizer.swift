/// Rewrites a captured graph into few kinds of nodes for engines: those of `Graph.Operator`. Operators of libtorch that
/// have no case there stay as they are.
///
/// Results change only by rounding. New constants are computed from the weights' present values, so the model must have
/// its weights by then, and the optimized graph does not change with the model afterwards.
public struct GraphOptimizer: Sendable {
  /// A graph, with a line on how it was made.
  public struct Result {
    /// The optimized graph.
    public let graph: Graph
    /// A line with the number of nodes before and after and the number that each pass removed.
    public let report: String
  }

  /// The passes, in the order in which they run.
  public let passes: [GraphPass]

  /// Creates an optimizer with some passes.
  public init(passes: [GraphPass] = GraphOptimizer.standard) { self.passes = passes }

  /// All passes in the usual order; some run several times.
  public static let standard = GraphOptimizer.standardPasses([.foldConstants, .canonicalize, .expandCubicResizing])

  /// The passes for a file that other tools read. Cubic resizing stays an operator, which holds for images of any size.
  /// - Parameter forAnySize: Position codes and other weights that are resized stay operators, too.
  package static func exporting(foldsBatchNorm: Bool, forAnySize: Bool) -> [GraphPass] {
    standardPasses([
      .foldingConstants(keepsResizing: forAnySize), .canonicalizing(keepsBatchNorm: !foldsBatchNorm),
    ])
  }

  private static func standardPasses(_ first: [GraphPass]) -> [GraphPass] {
    [.removeDeadNodes] + first + [
      .removeIdentities, .simplifyShapes,
      .removeDeadNodes, .simplifyShapes, .flattenConcatenations, .removeDeadNodes, .distributeOverConcatenations,
      .foldAffine, .mergeConvolutions, .foldPadding, .removeDeadNodes, .fuseSelfGates, .removeDeadNodes,
      .distributeOverConcatenations,
      .fuseActivations, .removeDeadNodes,
    ]
  }

  /// Runs all passes on a graph.
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
