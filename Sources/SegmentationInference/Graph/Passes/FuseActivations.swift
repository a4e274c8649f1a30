extension GraphPass {
  /// Turns x · sigmoid(x) into one SiLU node, and x · hardsigmoid(x) into one Hardswish node.
  public static let fuseSelfGates = GraphPass("fuse self-gates") { graph in
    GraphRewriter.rewrite(graph) { rewriter, node in
      if node.kind == .binary, node.string("operation") == "multiply", node.activation == .identity,
        let first = node.value("input"), let second = node.value("other")
      {
        for (x, gate) in [(first, second), (second, first)] {
          guard let function = rewriter.producer(of: gate), function.kind == .unary, function.value("input") == x
          else { continue }
          switch function.activation {
          case .sigmoid: return rewriter.emitUnary(.silu, of: x, as: node.output)
          case .hardsigmoid: return rewriter.emitUnary(.hardswish, of: x, as: node.output)
          default: break
          }
        }
      }
      rewriter.emit(node)
    }
  }

  /// Computes activations, and additions of a tensor of the same shape, in the convolution or other node before them.
  public static let fuseActivations = GraphPass("fuse activations and residuals") { graph in
    var activated: Set<Graph.ValueID> = []  // the values that an activation reads
    for node in graph.nodes where node.kind == .unary { activated.formUnion(node.inputs.prefix(1)) }
    return GraphRewriter.rewrite(graph) { rewriter, node in
      if node.kind == .unary, rewriter.fuseActivation(node) { return }
      if node.kind == .binary, rewriter.fuseResidual(node, isActivated: activated.contains(node.output)) { return }
      rewriter.emit(node)
    }
  }
}

extension GraphRewriter {
  fileprivate mutating func fuseActivation(_ unary: Graph.Node) -> Bool {
    guard let input = unary.value("input"), isReadOnce(input), var layer = producer(of: input),
      layer.kind?.hasActivation == true, layer.activation == .identity, layer.string("residual_position") != "after"
    else { return false }
    layer.activation = unary.activation
    layer.outputs = unary.outputs
    if layer.module.isEmpty { layer.module = unary.module }
    update(producerOf: input, to: layer)
    return true
  }

  /// - Parameter isActivated: Whether an activation follows, which must be applied after the addition.
  fileprivate mutating func fuseResidual(_ sum: Graph.Node, isActivated: Bool) -> Bool {
    guard sum.string("operation") == "add", sum.activation == .identity, let first = sum.value("input"),
      let second = sum.value("other"), first != second, self[first].shape == self[second].shape
    else { return false }
    func canTake(_ id: Graph.ValueID) -> Bool {
      guard isReadOnce(id), let layer = producer(of: id), layer.kind == .conv || layer.kind == .convTranspose else {
        return false
      }
      return layer.value("residual") == nil && (layer.activation == .identity || !isActivated)
    }
    // A convolution without an activation is the best choice, since it can take the one after the sum; among equals,
    // the later one is.
    let candidates = [first, second].filter(canTake).sorted { a, b in
      let (plainA, plainB) = (producer(of: a)!.activation == .identity, producer(of: b)!.activation == .identity)
      return plainA == plainB ? position(of: a) > position(of: b) : plainA
    }
    guard let convolved = candidates.first, var layer = producer(of: convolved) else { return false }
    layer["residual"] = .value(convolved == first ? second : first)
    layer["residual_position"] = .string(layer.activation == .identity ? "before" : "after")
    layer.outputs = sum.outputs
    remove(producerOf: convolved)
    emit(layer)
    return true
  }
}
