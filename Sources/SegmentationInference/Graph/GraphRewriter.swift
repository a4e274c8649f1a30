import Torch

/// Builds a graph's nodes anew, one after another: how passes are written.
struct GraphRewriter {
  /// The graph's values; its nodes are those before.
  private(set) var graph: Graph
  private var nodes: [Graph.Node?] = []
  private var producers: [Graph.ValueID: Int] = [:]
  private var replacements: [Graph.ValueID: Graph.ValueID] = [:]
  private var readers: [Graph.ValueID: Int]

  private init(_ graph: Graph) {
    self.graph = graph
    readers = graph.readerCounts()
  }

  /// Calls `body` with each node of a graph, its inputs as replaced until then, to emit what comes in its place.
  static func rewrite(_ graph: Graph, _ body: (inout GraphRewriter, Graph.Node) -> Void) -> Graph {
    var rewriter = GraphRewriter(graph)
    for node in graph.nodes {
      var node = node
      node.replaceInputs { rewriter.replacements[$0] ?? $0 }
      body(&rewriter, node)
    }
    var result = rewriter.graph
    result.nodes = rewriter.nodes.compactMap { $0 }
    result.outputs = graph.outputs.map { rewriter.replacements[$0] ?? $0 }
    return result
  }

  subscript(id: Graph.ValueID) -> Graph.Value { graph[id] }

  mutating func addValue(_ shape: [Int], dtype: DType = .float32) -> Graph.ValueID {
    graph.addValue(shape, dtype: dtype)
  }

  mutating func addConstant(_ tensor: Tensor, name: String? = nil) -> Graph.ValueID {
    graph.addConstant(tensor, name: name)
  }

  /// Adds a node at the end.
  mutating func emit(_ node: Graph.Node) {
    for output in node.outputs { producers[output] = nodes.count }
    nodes.append(node)
  }

  /// The emitted node that computes a value; `nil` for constants and inputs.
  func producer(of id: Graph.ValueID) -> Graph.Node? { producers[id].flatMap { nodes[$0] } }

  /// The place of the node that computes a value, which grows from node to node.
  func position(of id: Graph.ValueID) -> Int { producers[id] ?? -1 }

  /// Whether one node reads a value, or it is an output and no node does.
  func isReadOnce(_ id: Graph.ValueID) -> Bool { readers[id] == 1 }

  func isRead(_ id: Graph.ValueID) -> Bool { readers[id, default: 0] > 0 }

  /// Removes the node that computes a value, which nothing reads any more.
  mutating func remove(producerOf id: Graph.ValueID) {
    if let index = producers.removeValue(forKey: id) { nodes[index] = nil }
  }

  /// Puts another node at the place of the one that computes a value.
  mutating func update(producerOf id: Graph.ValueID, to node: Graph.Node) {
    guard let index = producers.removeValue(forKey: id) else { return }
    nodes[index] = node
    for output in node.outputs { producers[output] = index }
  }

  /// Lets everything that comes later read `other` in place of `id`.
  mutating func replace(_ id: Graph.ValueID, by other: Graph.ValueID) {
    replacements[id] = other
    // More readers than there are, where the node that read `other` goes: passes then do less, not wrong.
    readers[other, default: 0] += readers[id] ?? 0
  }
}
