import Torch

/// Builds a graph's nodes anew, one after another. Most passes are written with it.
struct GraphRewriter {
  /// The graph with all its values, old and new; its nodes are the old ones.
  private(set) var graph: Graph
  private var nodes: [Graph.Node?] = []
  private var producers: [Graph.ValueID: Int] = [:]
  private var replacements: [Graph.ValueID: Graph.ValueID] = [:]
  private var readers: [Graph.ValueID: Int]

  private init(_ graph: Graph) {
    self.graph = graph
    readers = graph.readerCounts()
  }

  /// Calls `body` with each node of a graph in order. The node's inputs are already replaced by those that earlier
  /// calls chose; `body` emits the nodes that take its place.
  static func rewrite(_ graph: Graph, _ body: (inout GraphRewriter, Graph.Node) -> Void) -> Graph {
    var rewriter = GraphRewriter(graph)
    for node in graph.nodes {
      var node = node
      node.operator = node.operator.mapValues { rewriter.replacements[$0] ?? $0 }
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

  /// Marks a value as held in bytes.
  mutating func quantize(_ id: Graph.ValueID, _ quantization: Graph.Quantization?) {
    if let quantization { graph.quantize(id, quantization) }
  }

  /// Adds a node at the end.
  mutating func emit(_ node: Graph.Node) {
    for output in node.outputs { producers[output] = nodes.count }
    nodes.append(node)
  }

  /// The emitted node that computes a value; `nil` for constants and inputs.
  func producer(of id: Graph.ValueID) -> Graph.Node? { producers[id].flatMap { nodes[$0] } }

  /// The place of the node that computes a value; places grow from node to node, and -1 stands for constants and
  /// inputs.
  func position(of id: Graph.ValueID) -> Int { producers[id] ?? -1 }

  /// Whether a value is read once: by one node, or as an output.
  func isReadOnce(_ id: Graph.ValueID) -> Bool { readers[id] == 1 }

  func isRead(_ id: Graph.ValueID) -> Bool { readers[id, default: 0] > 0 }

  /// Removes the node that computes a value. Nothing may read the value any more.
  mutating func remove(producerOf id: Graph.ValueID) {
    if let index = producers.removeValue(forKey: id) { nodes[index] = nil }
  }

  /// Puts another node in place of the one that computes a value.
  mutating func update(producerOf id: Graph.ValueID, to node: Graph.Node) {
    guard let index = producers.removeValue(forKey: id) else { return }
    nodes[index] = node
    for output in node.outputs { producers[output] = index }
  }

  /// Makes all nodes after this one read `other` instead of `id`.
  mutating func replace(_ id: Graph.ValueID, by other: Graph.ValueID) {
    replacements[id] = other
    // If the node that read `other` goes, this counts more readers than there are. A pass then does less, but nothing
    // wrong.
    readers[other, default: 0] += readers[id] ?? 0
  }
}
