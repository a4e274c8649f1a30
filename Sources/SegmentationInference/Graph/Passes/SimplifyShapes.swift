import Torch

extension GraphPass {
  /// Removes reshapes, reorderings and slices that undo each other, replaces three of them that shuffle channels by one
  /// node, and turns a linear layer over the channels of one pixel into a convolution.
  public static let simplifyShapes = GraphPass("simplify shapes") { graph in
    GraphRewriter.rewrite(graph) { rewriter, node in
      switch node.kind {
      case .reshape: rewriter.simplifyReshape(node)
      case .permute: rewriter.simplifyPermute(node)
      case .slice: rewriter.simplifySlice(node)
      case .unary: rewriter.simplifyUnary(node)
      default:
        if node.name == "linear", rewriter.makeConvolution(node) { return }
        rewriter.emit(node)
      }
    }
  }
}

extension GraphRewriter {
  fileprivate mutating func simplifyReshape(_ node: Graph.Node) {
    var source = node.value("input")!
    let shape = self[node.output].shape
    while let before = producer(of: source), before.kind == .reshape { source = before.value("input")! }
    if self[source].shape == shape { return replace(node.output, by: source) }
    if let (input, indices) = channelShuffle(endingIn: shape, source) {
      return emit(
        Graph.Node(.permuteChannels, [("input", .value(input)), ("indices", .ints(indices))], output: node.output))
    }
    emitReshape(source, as: node.output)
  }

  /// The permutation of channels that reshaping [N, C, H, W] → [N, a, b, ..., H, W], reordering a, b, ... and reshaping
  /// back amounts to; `nil` if the nodes are others.
  private func channelShuffle(
    endingIn shape: [Int], _ source: Graph.ValueID
  ) -> (input: Graph.ValueID, indices: [Int])? {
    guard let permute = producer(of: source), permute.kind == .permute, let dims = permute.ints("dims"),
      let reshape = producer(of: permute.value("input")!), reshape.kind == .reshape,
      let grouped = reshape.ints("shape"), let input = reshape.value("input"), self[input].shape == shape,
      shape.count == 4, grouped.count > 4, grouped[0] == shape[0], Array(grouped.suffix(2)) == Array(shape.suffix(2)),
      dims[0] == 0, Array(dims.suffix(2)) == [dims.count - 2, dims.count - 1]
    else { return nil }
    let sizes = Array(grouped[1..<grouped.count - 2])
    let order = dims[1..<dims.count - 2].map { $0 - 1 }
    var strides = [Int](repeating: 1, count: sizes.count)
    for axis in sizes.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * sizes[axis + 1] }
    var indices = [0]
    for axis in order {
      indices = indices.flatMap { start in (0..<sizes[axis]).map { start + $0 * strides[axis] } }
    }
    return (input, indices)
  }

  fileprivate mutating func simplifyPermute(_ node: Graph.Node) {
    var source = node.value("input")!
    var dims = node.ints("dims")!
    while let before = producer(of: source), before.kind == .permute {
      let inner = before.ints("dims")!
      dims = dims.map { inner[$0] }
      source = before.value("input")!
    }
    if dims == Array(dims.indices) { return replace(node.output, by: source) }
    let shape = self[source].shape
    let moved = dims.filter { shape[$0] != 1 }
    if moved == moved.sorted() { return emitReshape(source, as: node.output) }
    emit(Graph.Node(.permute, [("input", .value(source)), ("dims", .ints(dims))], output: node.output))
  }

  fileprivate mutating func simplifySlice(_ node: Graph.Node) {
    var source = node.value("input")!
    let (dim, length) = (node.int("dim")!, node.int("length")!)
    var offset = node.int("offset")!
    search: while let before = producer(of: source) {
      if before.kind == .slice, before.int("dim") == dim {
        offset += before.int("offset")!
        source = before.value("input")!
        continue
      }
      guard before.name == "cat", before.int("dim") == dim, let parts = before.values("tensors") else { break }
      var start = 0
      for part in parts {
        let size = self[part].shape[dim]
        if offset >= start, offset + length <= start + size {
          offset -= start
          source = part
          continue search
        }
        start += size
      }
      break
    }
    if self[source].shape == self[node.output].shape { return replace(node.output, by: source) }
    emitSlice(source, dim: dim, offset: offset, as: node.output)
  }

  /// Moves an activation from behind a reshape to before it, so that the layer before can take it over.
  fileprivate mutating func simplifyUnary(_ node: Graph.Node) {
    guard let input = node.value("input"), let reshape = producer(of: input), reshape.kind == .reshape,
      isReadOnce(input), node.activation.isUniform(in: graph), let source = reshape.value("input")
    else { return emit(node) }
    let result = addValue(self[source].shape, dtype: self[source].dtype)
    emitUnary(node.activation, of: source, as: result, module: node.module)
    emitReshape(result, as: node.output)
  }

  /// Turns a linear layer on [N, C], reshaped from [N, C, 1, 1], into a convolution.
  fileprivate mutating func makeConvolution(_ linear: Graph.Node) -> Bool {
    guard let input = linear.value("input"), let weight = linear.value("weight"),
      let matrix = self[weight].constant, let reshape = producer(of: input), reshape.kind == .reshape,
      let source = reshape.value("input"), self[source].shape == self[input].shape + [1, 1]
    else { return false }
    let (outputs, inputs) = (self[weight].shape[0], self[weight].shape[1])
    let kernel = withoutGradients { matrix.detached().reshape([outputs, inputs, 1, 1]) }
    let result = addValue([self[source].shape[0], outputs, 1, 1], dtype: self[source].dtype)
    var node = Graph.Node(
      .conv,
      [
        ("input", .value(source)), ("weight", .value(addConstant(kernel, name: self[weight].name))),
        ("bias", linear["bias"]), ("residual", .none), ("stride", .ints([1, 1])), ("padding", .ints([0, 0])),
        ("dilation", .ints([1, 1])), ("groups", .int(1)), ("residual_position", .string("none")),
      ], output: result, module: linear.module)
    node.activation = .identity
    emit(node)
    emitReshape(result, as: linear.output)
    return true
  }
}
