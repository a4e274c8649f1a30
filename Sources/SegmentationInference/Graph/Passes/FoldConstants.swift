import Torch

extension GraphPass {
  /// Computes the nodes that read only constants.
  public static let foldConstants = GraphPass("fold constants") { graph in
    withoutGradients {
      GraphRewriter.rewrite(graph) { rewriter, node in
        let inputs = node.inputs
        guard !inputs.isEmpty, inputs.allSatisfy({ rewriter[$0].constant != nil }) else { return rewriter.emit(node) }
        for (output, result) in zip(node.outputs, rewriter.graph.evaluate(node) { rewriter[$0].constant! }) {
          let constant = rewriter.addConstant(result.contiguous())
          rewriter.replace(output, by: constant)
        }
      }
    }
  }
}
