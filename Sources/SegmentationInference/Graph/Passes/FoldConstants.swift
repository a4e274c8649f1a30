import Torch

extension GraphPass {
  /// Computes the nodes that read only constants.
  public static let foldConstants = foldingConstants(keepsResizing: false)

  /// Computes the nodes that read only constants.
  /// - Parameter keepsResizing: Leaves constants that are resized as nodes: their size follows from the image's.
  static func foldingConstants(keepsResizing: Bool) -> GraphPass {
    GraphPass("fold constants") { graph in
      withoutGradients { GraphRewriter.rewrite(graph) { $0.fold($1, keepsResizing: keepsResizing) } }
    }
  }
}

extension GraphRewriter {
  fileprivate mutating func fold(_ node: Graph.Node, keepsResizing: Bool) {
    let inputs = node.inputs
    guard !inputs.isEmpty, inputs.allSatisfy({ self[$0].constant != nil }), !(keepsResizing && node.isResizing) else {
      return emit(node)
    }
    for (output, result) in zip(node.outputs, graph.evaluate(node) { self[$0].constant! }) {
      replace(output, by: addConstant(result.contiguous()))
    }
  }
}

extension Graph.Node {
  /// Whether the node is one of libtorch's that resize a map.
  fileprivate var isResizing: Bool {
    guard case .libtorch(let call) = `operator` else { return false }
    return call.name.hasPrefix("upsample_") || call.name.hasPrefix("_upsample_")
  }
}
