import Torch

extension GraphPass {
  /// Removes nodes that return their input: dropout in evaluation, copies, changes of the memory layout, expansion or
  /// resizing to the same shape, joins of one tensor.
  public static let removeIdentities = GraphPass("remove identities") { graph in
    GraphRewriter.rewrite(graph) { rewriter, node in
      var node = node
      if node.name == "cat", let parts = node.values("tensors") {
        let filled = parts.filter { rewriter[$0].count > 0 }
        node["tensors"] = .values(filled)
        if filled.count == 1 { return rewriter.replace(node.output, by: filled[0]) }
      }
      if let input = node.inputs.first, node.isIdentity(of: rewriter[input], as: rewriter[node.output]) {
        return rewriter.replace(node.output, by: input)
      }
      rewriter.emit(node)
    }
  }
}

extension Graph.Node {
  fileprivate func isIdentity(of input: Graph.Value, as output: Graph.Value) -> Bool {
    guard outputs.count == 1, input.shape == output.shape, input.dtype == output.dtype else { return false }
    switch name {
    case "dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout": return bool("train") == false
    case "contiguous", "clone", "detach", "alias", "to", "expand", "expand_as", "broadcast_to": return true
    case "view", "reshape", "flatten", "squeeze", "unsqueeze", "view_as", "reshape_as": return true
    case "slice", "adaptive_avg_pool2d": return true
    case "upsample_bilinear2d", "upsample_nearest2d": return true
    case NodeKind.reshape.rawValue, NodeKind.slice.rawValue, NodeKind.resize.rawValue: return true
    default: return false
    }
  }
}
