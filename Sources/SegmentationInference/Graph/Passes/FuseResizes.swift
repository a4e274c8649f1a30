extension GraphPass {
  /// Resizes a map on the way into a sum or product with another map, if nothing else reads the resized map.
  /// - Parameter assignment: The nodes that compute on quantized maps, which have no such kernel.
  static func fuseResizes(_ assignment: QuantizationAssignment? = nil) -> GraphPass {
    GraphPass("fuse resizes") { graph in
      let readers = SoleReaders(graph, assignment)
      var postponed: [Graph.ValueID: Graph.Node] = [:]
      return GraphRewriter.rewrite(graph) { rewriter, node in
        switch node.operator {
        case .resize where readers.canTake(node, in: graph): postponed[node.output] = node
        case .binary(let binary):
          let resizes = [binary.left, binary.right].map { postponed.removeValue(forKey: $0) }
          // If both operands are resized, the first becomes a map of its own and the second is resized on the way.
          if let first = resizes[0], resizes[1] != nil { rewriter.emit(first) }
          guard case .resize(var resize)? = (resizes[1] ?? resizes[0])?.operator else { return rewriter.emit(node) }
          let other = resizes[1] == nil ? binary.right : binary.left
          resize.operand = Graph.Resize.Operand(operator: binary.operator, value: other)
          resize.activation = binary.activation
          rewriter.emit(Graph.Node(.resize(resize), outputs: node.outputs, module: node.module))
        default: rewriter.emit(node)
        }
      }
    }
  }
}

/// For each value that exactly one node reads, that node.
struct SoleReaders {
  private var readers: [Graph.ValueID: Graph.Node] = [:]
  private let assignment: QuantizationAssignment?

  init(_ graph: Graph, _ assignment: QuantizationAssignment?) {
    let counts = graph.readerCounts()
    for node in graph.nodes { for id in node.inputs where counts[id] == 1 { readers[id] = node } }
    self.assignment = assignment
  }

  subscript(id: Graph.ValueID) -> Graph.Node? { readers[id] }

  /// The only reader of a node's result, if both compute on numbers.
  func ofNumbers(_ node: Graph.Node) -> Graph.Node? {
    guard let reader = readers[node.output], !isQuantized(node), !isQuantized(reader) else { return nil }
    return reader
  }

  func isQuantized(_ node: Graph.Node) -> Bool { assignment?.contains(node) ?? false }

  /// Whether a resizing can be done by the only node that reads its result.
  fileprivate func canTake(_ resize: Graph.Node, in graph: Graph) -> Bool {
    guard let reader = ofNumbers(resize), case .binary(let binary) = reader.operator else { return false }
    let values = [resize.inputs[0], binary.left, binary.right, reader.output]
    return (binary.operator == .add || binary.operator == .multiply)
      && graph[binary.left].shape == graph[binary.right].shape && values.allSatisfy(graph.isMap)
      && resize.operator.activation == nil
  }
}
