extension GraphPass {
  /// Lets a convolution pad its input itself if a node before it adds rows and columns of zeros.
  public static let foldPadding = GraphPass("fold padding") { graph in
    GraphRewriter.rewrite(graph) { rewriter, node in
      var node = node
      if case .convolution(var convolution) = node.operator, !convolution.isTransposed,
        case .pad(let pad)? = rewriter.producer(of: convolution.input)?.operator, pad.value == 0
      {
        let (inner, outer) = (rewriter[pad.input].shape, rewriter[convolution.input].shape)
        let after = inner.indices.map { outer[$0] - inner[$0] - pad.before[$0] }
        if pad.before[..<2] == [0, 0], after[..<2] == [0, 0], (pad.before + after).allSatisfy({ $0 >= 0 }) {
          convolution.padding.height += pad.before[2]
          convolution.padding.width += pad.before[3]
          convolution.input = pad.input
          node.operator = .convolution(convolution)
        }
      }
      rewriter.emit(node)
    }
  }
}
