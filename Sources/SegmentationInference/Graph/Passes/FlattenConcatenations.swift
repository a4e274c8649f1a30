extension GraphPass {
  /// Turns joins of joins along one dimension into a single join.
  public static let flattenConcatenations = GraphPass("flatten concatenations") { graph in
    GraphRewriter.rewrite(graph) { rewriter, node in
      var node = node
      if case .concatenate(var join) = node.operator {
        join.inputs = join.inputs.flatMap { part -> [Graph.ValueID] in
          guard rewriter.isReadOnce(part), case .concatenate(let inner)? = rewriter.producer(of: part)?.operator,
            inner.axis == join.axis
          else { return [part] }
          return inner.inputs
        }
        node.operator = .concatenate(join)
      }
      rewriter.emit(node)
    }
  }
}
