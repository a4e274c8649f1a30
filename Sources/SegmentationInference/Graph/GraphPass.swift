/// One rewriting of graphs that keeps what they compute.
public struct GraphPass: Sendable {
  public let name: String
  private let body: @Sendable (Graph) -> Graph

  public init(_ name: String, _ body: @escaping @Sendable (Graph) -> Graph) {
    self.name = name
    self.body = body
  }

  public func callAsFunction(_ graph: Graph) -> Graph { body(graph) }
}
