import Torch

extension GraphPass {
  /// Computes convolutions whose results nothing else reads as one convolution: a 1x1 convolution after another one, if
  /// that takes no more arithmetic, and sums of convolutions and normalizations of the same map. It computes weights in
  /// float64.
  ///
  /// Networks that train as sums of paths (RepVGG, MobileOne, RDRNet, GCNet) become the plain networks that they amount
  /// to. It must run after normalization is folded and before sums are.
  public static let mergeConvolutions = GraphPass("merge convolutions") { graph in
    withoutGradients {
      GraphRewriter.rewrite(graph) { rewriter, node in
        switch node.operator {
        case .convolution(let next) where rewriter.mergePointwise(next, node): break
        case .binary(let sum) where rewriter.mergeSum(sum, node): break
        default: rewriter.emit(node)
        }
      }
    }
  }
}

/// A convolution with constant weights and nothing after it, or a normalization as such a convolution.
private struct LinearMap {
  var convolution: Graph.Convolution
  /// Both in float64, on the CPU.
  var weight, bias: Tensor

  var kernel: IntPair { IntPair(weight.size(2), weight.size(3)) }

  /// The weight with rows and columns of zeros around, in the place that it has in a larger kernel; `nil` if it does not
  /// fit in there.
  func weight(within larger: LinearMap) -> Tensor? {
    let (own, other) = (convolution, larger.convolution)
    let dilation = other.dilation
    let shift = IntPair(other.padding.height - own.padding.height, other.padding.width - own.padding.width)
    guard own.stride == other.stride, own.groups == other.groups, own.dilation == dilation || kernel == 1,
      shift.height >= 0, shift.width >= 0, shift.height % dilation.height == 0, shift.width % dilation.width == 0
    else { return nil }
    let (top, left) = (shift.height / dilation.height, shift.width / dilation.width)
    let (bottom, right) = (larger.kernel.height - kernel.height - top, larger.kernel.width - kernel.width - left)
    guard bottom >= 0, right >= 0 else { return nil }
    return weight.pad(left: left, right: right, top: top, bottom: bottom)
  }
}

extension GraphRewriter {
  /// - Returns: Whether the convolution was merged into the one before it.
  fileprivate mutating func mergePointwise(_ next: Graph.Convolution, _ node: Graph.Node) -> Bool {
    guard isReadOnce(next.input), let layer = producer(of: next.input), next.groups == 1, next.stride == 1,
      next.padding == 0, case .convolution(let first) = layer.operator, first.groups == 1,
      let before = linearMap(first), let after = linearMap(next), after.kernel == 1
    else { return false }
    let (outputs, middle) = (after.weight.size(0), after.weight.size(1))
    let taps = before.weight.count / middle
    guard taps * outputs <= taps * middle + middle * outputs else { return false }
    let matrix = after.weight.reshape([outputs, middle])
    var merged = before
    merged.weight = matrix.matmul(before.weight.reshape([middle, taps]))
      .reshape([outputs] + before.weight.shape.dropFirst())
    merged.bias = matrix.matmul(before.bias.unsqueeze(1)).squeeze(1) + after.bias
    remove(producerOf: next.input)
    emit(merged, of: first.weight, as: node.output, module: layer.module)
    return true
  }

  /// - Returns: Whether both terms of the sum were merged.
  fileprivate mutating func mergeSum(_ sum: Graph.Binary, _ node: Graph.Node) -> Bool {
    let terms = [sum.left, sum.right]
    guard sum.operator == .add, sum.activation == .identity, sum.left != sum.right,
      terms.allSatisfy({ isReadOnce($0) }),
      terms.allSatisfy({ self[$0].shape == self[node.output].shape }),
      case let layers = terms.compactMap({ producer(of: $0) }),
      layers.count == 2
    else { return false }
    let convolutions = layers.compactMap { layer -> Graph.Convolution? in
      if case .convolution(let convolution) = layer.operator { convolution } else { nil }
    }
    guard let model = convolutions.first,
      case let maps = layers.compactMap({ linearMap($0, output: node.output, groups: model.groups) }), maps.count == 2,
      maps[0].convolution.input == maps[1].convolution.input
    else { return false }
    let (large, small) =
      maps[0].weight.count >= maps[1].weight.count ? (maps[0], maps[1]) : (maps[1], maps[0])
    guard let addend = small.weight(within: large) else { return false }
    var merged = large
    merged.weight = large.weight + addend
    merged.bias = large.bias + small.bias
    for term in terms { remove(producerOf: term) }
    let module = layers.map(\.module).first { !$0.isEmpty } ?? ""
    emit(merged, of: model.weight, as: node.output, module: module)
    return true
  }

  private func linearMap(_ layer: Graph.Node, output: Graph.ValueID, groups: Int) -> LinearMap? {
    switch layer.operator {
    case .convolution(let convolution): return linearMap(convolution)
    case .affine(let affine):
      let shape = self[output].shape
      guard affine.activation == .identity, self[affine.input].shape == shape, shape.count == 4,
        let scale = wide(affine.scale), let shift = wide(affine.shift)
      else { return nil }
      let (channels, width) = (shape[1], shape[1] / groups)
      let place = Tensor.range(channels, dtype: .float64, device: .cpu)
      let own =
        (place - (place / Double(width)).floor() * Double(width)).unsqueeze(1)
        .== Tensor.range(width, dtype: .float64, device: .cpu).unsqueeze(0)
      let diagonal = own.to(dtype: .float64) * scale.expand([channels]).unsqueeze(1)
      return LinearMap(
        convolution: Graph.Convolution(input: affine.input, weight: affine.scale, groups: groups),
        weight: diagonal.reshape([channels, width, 1, 1]), bias: shift.expand([channels]))
    default: return nil
    }
  }

  private func linearMap(_ convolution: Graph.Convolution) -> LinearMap? {
    guard !convolution.isTransposed, convolution.residual == .none, convolution.activation == .identity,
      let weight = wide(convolution.weight)
    else { return nil }
    guard let bias = convolution.bias else {
      return LinearMap(
        convolution: convolution, weight: weight,
        bias: .zeros([weight.size(0)], dtype: .float64, device: .cpu))
    }
    return wide(bias).map { LinearMap(convolution: convolution, weight: weight, bias: $0) }
  }

  private mutating func emit(_ map: LinearMap, of weight: Graph.ValueID, as output: Graph.ValueID, module: String) {
    let original = self[weight]
    func narrow(_ wide: Tensor) -> Tensor {
      wide.to(dtype: original.dtype, device: original.constant!.device).contiguous()
    }
    var convolution = map.convolution
    convolution.weight = addConstant(narrow(map.weight), name: original.name)
    convolution.bias = addConstant(narrow(map.bias))
    emit(Graph.Node(.convolution(convolution), output: output, module: module))
  }

  /// A constant in float64 and on the CPU; `nil` for other values.
  private func wide(_ id: Graph.ValueID) -> Tensor? {
    self[id].constant?.detached().to(dtype: .float64, device: .cpu)
  }
}
