/// A rewriting of graphs that keeps their results up to rounding.
public struct GraphPass: Sendable {
  /// The name that reports show.
  public let name: String
  private let body: @Sendable (Graph) -> Graph

  /// Creates a pass from its name and the function that rewrites a graph.
  public init(_ name: String, _ body: @escaping @Sendable (Graph) -> Graph) {
    self.name = name
    self.body = body
  }

  /// The rewritten graph.
  public func callAsFunction(_ graph: Graph) -> Graph { body(graph) }
}
