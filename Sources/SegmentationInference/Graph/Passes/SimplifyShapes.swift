import Torch

extension GraphPass {
  /// Removes reshapes, reorderings and slices that undo each other, replaces three of them that shuffle channels by one
  /// node, and turns a linear layer over the channels of one pixel into a convolution.
  public static let simplifyShapes = GraphPass("simplify shapes") { graph in
    GraphRewriter.rewrite(graph) { rewriter, node in
      switch node.operator {
      case .reshape(let reshape): rewriter.simplify(reshape, node)
      case .permute(let permute): rewriter.simplify(permute, node)
      case .slice(let slice): rewriter.simplify(slice, node)
      case .unary(let unary): rewriter.simplify(unary, node)
      case .linear(let linear) where rewriter.makeConvolution(linear, node): break
      default: rewriter.emit(node)
      }
    }
  }
}

extension GraphRewriter {
  private func reshape(of id: Graph.ValueID) -> Graph.Reshape? {
    if case .reshape(let reshape)? = producer(of: id)?.operator { reshape } else { nil }
  }

  fileprivate mutating func simplify(_ reshape: Graph.Reshape, _ node: Graph.Node) {
    var source = reshape.input
    let shape = self[node.output].shape
    while let before = self.reshape(of: source) { source = before.input }
    if self[source].shape == shape { return replace(node.output, by: source) }
    if let permutation = channelShuffle(endingIn: shape, source) {
      return emit(Graph.Node(.permuteChannels(permutation), output: node.output))
    }
    emitReshape(source, as: node.output)
  }

  /// The permutation of channels that reshaping [N, C, H, W] → [N, a, b, ..., H, W], reordering a, b, ... and reshaping
  /// back amounts to; `nil` if the nodes are others.
  private func channelShuffle(endingIn shape: [Int], _ source: Graph.ValueID) -> Graph.PermuteChannels? {
    guard case .permute(let permute)? = producer(of: source)?.operator, let reshape = reshape(of: permute.input),
      self[reshape.input].shape == shape, shape.count == 4
    else { return nil }
    let (grouped, order) = (self[permute.input].shape, permute.order)
    guard grouped.count > 4, grouped[0] == shape[0], grouped.suffix(2) == shape.suffix(2), order[0] == 0,
      Array(order.suffix(2)) == [order.count - 2, order.count - 1]
    else { return nil }
    let sizes = Array(grouped[1..<grouped.count - 2])
    var strides = [Int](repeating: 1, count: sizes.count)
    for axis in sizes.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * sizes[axis + 1] }
    var indices = [0]
    for axis in order[1..<order.count - 2].map({ $0 - 1 }) {
      indices = indices.flatMap { start in (0..<sizes[axis]).map { start + $0 * strides[axis] } }
    }
    return Graph.PermuteChannels(input: reshape.input, order: indices)
  }

  fileprivate mutating func simplify(_ permute: Graph.Permute, _ node: Graph.Node) {
    var permute = permute
    while case .permute(let before)? = producer(of: permute.input)?.operator {
      permute = Graph.Permute(input: before.input, order: permute.order.map { before.order[$0] })
    }
    if permute.order == Array(permute.order.indices) { return replace(node.output, by: permute.input) }
    let shape = self[permute.input].shape
    let moved = permute.order.filter { shape[$0] != 1 }
    if moved == moved.sorted() { return emitReshape(permute.input, as: node.output) }
    emit(Graph.Node(.permute(permute), output: node.output))
  }

  fileprivate mutating func simplify(_ slice: Graph.Slice, _ node: Graph.Node) {
    var (source, offset) = (slice.input, slice.offset)
    let (axis, length) = (slice.axis, self[node.output].shape[slice.axis])
    search: while let before = producer(of: source)?.operator {
      if case .slice(let outer) = before, outer.axis == axis {
        offset += outer.offset
        source = outer.input
        continue
      }
      guard case .concatenate(let join) = before, join.axis == axis else { break }
      var start = 0
      for part in join.inputs {
        let size = self[part].shape[axis]
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
    emitSlice(source, axis: axis, offset: offset, as: node.output)
  }

  /// Moves an activation from behind a reshape to before it, so that the layer before can take it over.
  fileprivate mutating func simplify(_ unary: Graph.Unary, _ node: Graph.Node) {
    guard let reshape = reshape(of: unary.input), isReadOnce(unary.input), unary.activation.isUniform(in: graph)
    else { return emit(node) }
    let result = addValue(self[reshape.input].shape, dtype: self[reshape.input].dtype)
    let moved = Graph.Unary(input: reshape.input, activation: unary.activation)
    emit(Graph.Node(.unary(moved), output: result, module: node.module))
    emitReshape(result, as: node.output)
  }

  /// Turns a linear layer on [N, C], reshaped from [N, C, 1, 1], into a convolution.
  fileprivate mutating func makeConvolution(_ linear: Graph.Linear, _ node: Graph.Node) -> Bool {
    guard let matrix = self[linear.weight].constant, let source = reshape(of: linear.input)?.input,
      self[source].shape == self[linear.input].shape + [1, 1]
    else { return false }
    let (outputs, inputs) = (self[linear.weight].shape[0], self[linear.weight].shape[1])
    let kernel = withoutGradients { matrix.detached().reshape([outputs, inputs, 1, 1]) }
    let result = addValue([self[source].shape[0], outputs, 1, 1], dtype: self[source].dtype)
    let convolution = Graph.Convolution(
      input: source, weight: addConstant(kernel, name: self[linear.weight].name), bias: linear.bias,
      activation: linear.activation)
    emit(Graph.Node(.convolution(convolution), output: result, module: node.module))
    emitReshape(result, as: node.output)
    return true
  }
}
