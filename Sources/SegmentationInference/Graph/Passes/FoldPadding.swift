extension GraphPass {
  /// Lets a convolution pad its input itself if a node before it adds zeros, as many on one side as on the opposite
  /// side.
  public static let foldPadding = GraphPass("fold padding") { graph in
    GraphRewriter.rewrite(graph) { rewriter, node in
      var node = node
      if node.kind == .conv, let input = node.value("input"), let pad = rewriter.producer(of: input),
        pad.name == "constant_pad_nd", let sides = pad.ints("pad"), sides.count == 4, sides[0] == sides[1],
        sides[2] == sides[3], sides.allSatisfy({ $0 >= 0 }), (pad.number("value") ?? 0) == 0,
        let padding = node.ints("padding")
      {
        node["padding"] = .ints([padding[0] + sides[2], padding[1] + sides[0]])
        node["input"] = pad["self"]
      }
      rewriter.emit(node)
    }
  }
}
