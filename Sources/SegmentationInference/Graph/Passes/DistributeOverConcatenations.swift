import Torch

extension GraphPass {
  /// Applies normalization and activations to each part of a join along channels instead of to the joined tensor, if
  /// nodes that can take them over make at least half of its channels.
  public static let distributeOverConcatenations = GraphPass("distribute over concatenations") { graph in
    withoutGradients {
      GraphRewriter.rewrite(graph) { rewriter, node in
        if node.kind == .affine || node.kind == .unary, rewriter.distribute(node) { return }
        rewriter.emit(node)
      }
    }
  }
}

extension GraphRewriter {
  fileprivate mutating func distribute(_ node: Graph.Node) -> Bool {
    guard let whole = node.value("input"), isReadOnce(whole), var cat = producer(of: whole), cat.name == "cat",
      cat.int("dim") == 1, let parts = cat.values("tensors"), self[whole].shape.count == 4
    else { return false }
    let channels = parts.map { self[$0].shape[1] }
    let absorbed = zip(parts, channels).reduce(0) { $0 + (canAbsorb(node, $1.0) ? $1.1 : 0) }
    guard 2 * absorbed >= channels.reduce(0, +) else { return false }
    var results: [Graph.ValueID] = []
    var offset = 0
    for (part, count) in zip(parts, channels) {
      var share = node
      share["input"] = .value(part)
      for name in ["scale", "shift", "slope"] {
        guard let id = node.value(name), let vector = self[id].constant, vector.count > 1 else { continue }
        share[name] = .value(
          addConstant(vector.detached().slice(offset..<offset + count, dimension: 0).contiguous()))
      }
      share.outputs = [addValue(self[part].shape, dtype: self[part].dtype)]
      emit(share)
      results.append(share.output)
      offset += count
    }
    remove(producerOf: whole)
    cat["tensors"] = .values(results)
    cat.outputs = node.outputs
    emit(cat)
    return true
  }

  /// Whether the node that computes `part` can take over a normalization or an activation.
  private func canAbsorb(_ node: Graph.Node, _ part: Graph.ValueID) -> Bool {
    guard isReadOnce(part), let layer = producer(of: part), layer.kind?.hasActivation == true,
      layer.activation == .identity
    else { return false }
    switch layer.kind {
    case .conv, .convTranspose: return layer.value("residual") == nil
    case .affine: return true
    case .binary: return node.kind == .unary
    default: return false
    }
  }
}
