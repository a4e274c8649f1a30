extension GraphPass {
  /// Turns joins of joins along one dimension into a single join.
  public static let flattenConcatenations = GraphPass("flatten concatenations") { graph in
    GraphRewriter.rewrite(graph) { rewriter, node in
      var node = node
      if node.name == "cat", let parts = node.values("tensors") {
        let rank = rewriter[node.output].shape.count
        func axis(_ node: Graph.Node) -> Int { ((node.int("dim") ?? 0) + rank) % rank }
        node["dim"] = .int(axis(node))
        node["tensors"] = .values(
          parts.flatMap { part -> [Graph.ValueID] in
            guard rewriter.isReadOnce(part), let inner = rewriter.producer(of: part), inner.name == "cat",
              axis(inner) == axis(node), let list = inner.values("tensors")
            else { return [part] }
            return list
          })
      }
      rewriter.emit(node)
    }
  }
}
