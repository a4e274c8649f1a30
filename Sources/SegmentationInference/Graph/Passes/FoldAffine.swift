import Torch

extension GraphPass {
  /// Folds scale · x + shift, the form of normalization in evaluation, into the convolution or linear layer before it.
  /// It computes in float64. Two such nodes in a row become one. The nodes that remain get float32 constants.
  public static let foldAffine = GraphPass("fold normalization") { graph in
    withoutGradients {
      let folded = GraphRewriter.rewrite(graph) { rewriter, node in
        if case .affine(let affine) = node.operator, rewriter.fold(affine, node) { return }
        rewriter.emit(node)
      }
      return GraphRewriter.rewrite(folded) { rewriter, node in
        guard case .affine(var affine) = node.operator else { return rewriter.emit(node) }
        affine.scale = rewriter.narrowed(affine.scale)
        affine.shift = rewriter.narrowed(affine.shift)
        rewriter.emit(Graph.Node(.affine(affine), outputs: node.outputs, module: node.module))
      }
    }
  }
}

extension GraphRewriter {
  /// Folds an affine node into the node before it.
  /// - Returns: Whether that was possible.
  fileprivate mutating func fold(_ affine: Graph.Affine, _ node: Graph.Node) -> Bool {
    guard affine.activation == .identity, isReadOnce(affine.input), var layer = producer(of: affine.input),
      layer.operator.activation ?? .identity == .identity, let scale = wide(affine.scale),
      let shift = wide(affine.shift), let folded = fold(affine, scale, shift, into: layer.operator)
    else { return false }
    layer.operator = folded
    layer.outputs = node.outputs
    if layer.module.isEmpty { layer.module = node.module }
    update(producerOf: affine.input, to: layer)
    return true
  }

  private mutating func fold(
    _ affine: Graph.Affine, _ scale: Tensor, _ shift: Tensor, into layer: Graph.Operator
  ) -> Graph.Operator? {
    switch layer {
    case .convolution(var convolution):
      guard convolution.residual == .none, let weight = self[convolution.weight].constant else { return nil }
      let outputs = self[affine.input].shape[1]
      let (scale, shift) = (scale.expand([outputs]), shift.expand([outputs]))
      let bias = convolution.bias
      (convolution.weight, convolution.bias) = folded(
        scaled(weight, by: scale, convolution), of: convolution.weight, bias, scale, shift)
      return .convolution(convolution)
    case .affine(var first):
      guard let firstScale = wide(first.scale), let firstShift = wide(first.shift) else { return nil }
      first.scale = addConstant(firstScale * scale)
      first.shift = addConstant(firstShift * scale + shift)
      return .affine(first)
    case .linear(var linear):
      guard let weight = wide(linear.weight), self[affine.input].shape.count == 2 || scale.count == 1 else {
        return nil
      }
      let (scale, shift) = (scale.expand([weight.size(0)]), shift.expand([weight.size(0)]))
      let bias = linear.bias
      (linear.weight, linear.bias) = folded(
        weight * scale.reshape([-1, 1]), of: linear.weight, bias, scale, shift)
      return .linear(linear)
    default: return nil
    }
  }

  /// Adds a scaled weight, and the bias that goes with it, in the weight's own precision.
  private mutating func folded(
    _ scaled: Tensor, of weight: Graph.ValueID, _ bias: Graph.ValueID?, _ scale: Tensor, _ shift: Tensor
  ) -> (weight: Graph.ValueID, bias: Graph.ValueID) {
    let original = self[weight]
    let shifted = bias.flatMap(wide).map { $0 * scale + shift } ?? shift
    func narrow(_ wide: Tensor) -> Tensor {
      wide.to(dtype: original.dtype, device: original.constant!.device).contiguous()
    }
    let added = addConstant(narrow(scaled), name: original.name)
    return (added, addConstant(narrow(shifted), name: bias.flatMap { self[$0].name }))
  }

  /// Scales a weight by output channels, which are the first dimension of a convolution's weight and, within each
  /// group, the second of a transposed one's. It works on a part of the first dimension at a time, because the whole
  /// weight in float64 would take twice its memory.
  private func scaled(_ weight: Tensor, by scale: Tensor, _ convolution: Graph.Convolution) -> Tensor {
    let shape = weight.shape
    var factors = scale.reshape([-1, 1, 1, 1])
    if convolution.isTransposed {
      let groups = convolution.groups
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

  /// A constant in float64 and on the CPU; `nil` for other values.
  private func wide(_ id: Graph.ValueID) -> Tensor? {
    self[id].constant?.detached().to(dtype: .float64, device: .cpu)
  }

  fileprivate mutating func narrowed(_ id: Graph.ValueID) -> Graph.ValueID {
    wide(id).map { addConstant($0.to(dtype: .float32)) } ?? id
  }
}
