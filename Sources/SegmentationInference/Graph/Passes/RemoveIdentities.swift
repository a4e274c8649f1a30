import Torch

extension GraphPass {
  /// Removes nodes that return their input: dropout in evaluation, copies, changes of the memory layout, expansion or
  /// resizing to the same shape, joins of one tensor.
  public static let removeIdentities = GraphPass("remove identities") { graph in
    GraphRewriter.rewrite(graph) { rewriter, node in
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
    switch self.operator {
    case .reshape, .slice: return true
    // A constant that is resized was kept as a node for images of other sizes.
    case .resize(let resize): return resize.operand == nil && input.constant == nil
    case .concatenate(let join): return join.inputs.count == 1
    case .adaptivePool(let pool): return pool.kind == .average
    case .libtorch(let call):
      switch call.name {
      case "dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout": return call.bool("train") == false
      case "contiguous", "clone", "detach", "alias", "to", "expand", "expand_as", "broadcast_to": return true
      default: return false
      }
    default: return false
    }
  }
}
