import Torch

extension GraphPass {
  /// Folds what normalization became, scale · x + shift, into the convolution or linear layer before it, in float64; two
  /// in a row become one. Those that stay get float32 constants.
  public static let foldAffine = GraphPass("fold normalization") { graph in
    withoutGradients {
      let folded = GraphRewriter.rewrite(graph) { rewriter, node in
        if node.kind == .affine, rewriter.fold(node) { return }
        rewriter.emit(node)
      }
      return GraphRewriter.rewrite(folded) { rewriter, node in
        rewriter.emit(node.kind == .affine ? rewriter.narrowed(node) : node)
      }
    }
  }
}

extension GraphRewriter {
  /// Whether the affine node was folded into the one before.
  fileprivate mutating func fold(_ affine: Graph.Node) -> Bool {
    guard let input = affine.value("input"), isReadOnce(input), var layer = producer(of: input),
      layer.kind == nil || layer.activation == .identity,
      let scale = constant(affine, "scale"), let shift = constant(affine, "shift")
    else { return false }
    switch layer.kind {
    case .conv, .convTranspose:
      guard layer.value("residual") == nil, let weight = self[layer.value("weight")!].constant else { return false }
      fold(intoConvolution: &layer, weight, scale, shift, outputs: self[input].shape[1])
    case .affine:
      layer["scale"] = .value(addConstant(constant(layer, "scale")! * scale))
      layer["shift"] = .value(addConstant(constant(layer, "shift")! * scale + shift))
    case nil where layer.name == "linear":
      guard let weight = constant(layer, "weight"), self[input].shape.count == 2 || scale.count == 1 else {
        return false
      }
      let (scale, shift) = (scale.expand([weight.size(0)]), shift.expand([weight.size(0)]))
      fold(into: &layer, weight: weight * scale.reshape([-1, 1]), scale, shift)
    default: return false
    }
    layer.outputs = affine.outputs
    if layer.module.isEmpty { layer.module = affine.module }
    update(producerOf: input, to: layer)
    return true
  }

  private mutating func fold(
    intoConvolution layer: inout Graph.Node, _ weight: Tensor, _ scale: Tensor, _ shift: Tensor, outputs: Int
  ) {
    let (scale, shift) = (scale.expand([outputs]), shift.expand([outputs]))
    let groups = layer.kind == .conv ? 1 : layer.int("groups")!
    fold(into: &layer, weight: scaled(weight, by: scale, groups: groups, layer.kind!), scale, shift)
  }

  private mutating func fold(into layer: inout Graph.Node, weight: Tensor, _ scale: Tensor, _ shift: Tensor) {
    let original = self[layer.value("weight")!]
    let bias = constant(layer, "bias").map { $0 * scale + shift } ?? shift
    for (argument, wide) in [("weight", weight), ("bias", bias)] {
      let tensor = wide.to(dtype: original.dtype, device: original.constant!.device).contiguous()
      layer[argument] = .value(addConstant(tensor, name: layer.value(argument).flatMap { self[$0].name }))
    }
  }

  /// A weight scaled by output channels: the first dimension of convolutions, the second within each group of transposed
  /// ones. Of the first some at a time: all in float64 would take twice the memory of the weight.
  private func scaled(_ weight: Tensor, by scale: Tensor, groups: Int, _ kind: NodeKind) -> Tensor {
    let shape = weight.shape
    var factors = scale.reshape([-1, 1, 1, 1])
    if kind == .convTranspose {
      factors = scale.reshape([groups, 1, shape[1]]).expand([groups, shape[0] / groups, shape[1]])
        .reshape([shape[0], shape[1], 1, 1])
    }
    let result = weight.detached().to(device: .cpu).contiguous().clone()
    let step = max(1, (1 << 17) / shape.dropFirst().reduce(1, *))
    for start in stride(from: 0, to: shape[0], by: step) {
      let rows = start..<min(start + step, shape[0])
      let part = result.slice(rows, dimension: 0)
      part.copyInPlace(part.to(dtype: .float64) * factors.slice(rows, dimension: 0))
    }
    return result
  }

  /// A constant argument in float64, on the CPU.
  private func constant(_ node: Graph.Node, _ name: String) -> Tensor? {
    node.value(name).flatMap { self[$0].constant?.detached().to(dtype: .float64, device: .cpu) }
  }

  fileprivate mutating func narrowed(_ node: Graph.Node) -> Graph.Node {
    var node = node
    for name in ["scale", "shift"] {
      if let wide = constant(node, name) { node[name] = .value(addConstant(wide.to(dtype: .float32))) }
    }
    return node
  }
}
