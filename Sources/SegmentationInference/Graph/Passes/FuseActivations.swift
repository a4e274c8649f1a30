extension GraphPass {
  /// Turns x · sigmoid(x) into one SiLU node, and x · hardsigmoid(x) into one Hardswish node.
  public static let fuseSelfGates = GraphPass("fuse self-gates") { graph in
    GraphRewriter.rewrite(graph) { rewriter, node in
      if case .binary(let binary) = node.operator, binary.operator == .multiply, binary.activation == .identity {
        for (x, gate) in [(binary.left, binary.right), (binary.right, binary.left)] {
          guard case .unary(let function)? = rewriter.producer(of: gate)?.operator, function.input == x else {
            continue
          }
          let gated: [Graph.Activation: Graph.Activation] = [.sigmoid: .silu, .hardsigmoid: .hardswish]
          if let whole = gated[function.activation] {
            return rewriter.emit(Graph.Node(.unary(Graph.Unary(input: x, activation: whole)), output: node.output))
          }
        }
      }
      rewriter.emit(node)
    }
  }

  /// Computes activations, and additions of a tensor of the same shape, in the convolution or other node before them.
  public static let fuseActivations = GraphPass("fuse activations and residuals") { graph in
    var activated: Set<Graph.ValueID> = []  // the values that an activation reads
    for case .unary(let unary) in graph.nodes.map(\.operator) { activated.insert(unary.input) }
    return GraphRewriter.rewrite(graph) { rewriter, node in
      switch node.operator {
      case .unary(let unary) where rewriter.fuseActivation(unary, node): break
      case .binary(let sum) where rewriter.fuseResidual(sum, node, isActivated: activated.contains(node.output)): break
      default: rewriter.emit(node)
      }
    }
  }
}

extension GraphRewriter {
  fileprivate mutating func fuseActivation(_ unary: Graph.Unary, _ node: Graph.Node) -> Bool {
    guard isReadOnce(unary.input), var layer = producer(of: unary.input), layer.operator.activation == .identity
    else { return false }
    switch layer.operator {
    case .convolution(var convolution):
      if case .after = convolution.residual { return false }
      convolution.activation = unary.activation
      layer.operator = .convolution(convolution)
    case .linear(var linear):
      guard unary.activation.isUniform(in: graph) else { return false }
      linear.activation = unary.activation
      layer.operator = .linear(linear)
    case .affine(var affine):
      affine.activation = unary.activation
      layer.operator = .affine(affine)
    case .binary(var binary):
      binary.activation = unary.activation
      layer.operator = .binary(binary)
    default: return false
    }
    layer.outputs = node.outputs
    if layer.module.isEmpty { layer.module = node.module }
    update(producerOf: unary.input, to: layer)
    return true
  }

  /// - Parameter isActivated: Whether an activation follows, which must be applied after the addition.
  fileprivate mutating func fuseResidual(_ sum: Graph.Binary, _ node: Graph.Node, isActivated: Bool) -> Bool {
    let (first, second) = (sum.left, sum.right)
    guard sum.operator == .add, sum.activation == .identity, first != second, self[first].shape == self[second].shape
    else { return false }
    func convolution(_ id: Graph.ValueID) -> Graph.Convolution? {
      guard isReadOnce(id), case .convolution(let convolution)? = producer(of: id)?.operator,
        convolution.residual == .none, convolution.activation == .identity || !isActivated
      else { return nil }
      return convolution
    }
    // A convolution without an activation is the best choice, since it can take the one after the sum; among equals,
    // the later one is.
    let candidates = [(first, second), (second, first)].compactMap { id, other in
      convolution(id).map { (id: id, other: other, convolution: $0) }
    }.sorted { a, b in
      let (plainA, plainB) = (a.convolution.activation == .identity, b.convolution.activation == .identity)
      return plainA == plainB ? position(of: a.id) > position(of: b.id) : plainA
    }
    guard let best = candidates.first, var layer = producer(of: best.id) else { return false }
    var fused = best.convolution
    fused.residual = fused.activation == .identity ? .before(best.other) : .after(best.other)
    layer.operator = .convolution(fused)
    layer.outputs = node.outputs
    remove(producerOf: best.id)
    emit(layer)
    return true
  }
}
