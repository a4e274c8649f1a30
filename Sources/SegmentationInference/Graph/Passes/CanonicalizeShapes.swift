import Torch

// Rewrites operators that only move numbers, or not even that: reshaping, reordering, cutting, joining, padding.
extension GraphRewriter {
  mutating func emitReshape(_ input: Graph.ValueID, as output: Graph.ValueID) {
    emit(Graph.Node(.reshape(Graph.Reshape(input: input)), output: output))
  }

  /// Emits a node in the graph's own form.
  /// - Returns: False if there is none.
  mutating func shape(_ call: Graph.LibtorchCall, _ node: Graph.Node) -> Bool {
    guard let input = node.inputs.first else { return false }
    let rank = self[input].shape.count
    let axis = call.axis("dim", rank: rank)
    switch call.name {
    case "view", "reshape", "flatten", "squeeze", "unsqueeze", "view_as", "reshape_as", "_unsafe_view":
      if case .dtype = call["dtype"] { return false }
      emitReshape(input, as: node.output)
    case "transpose":
      var order = Array(0..<rank)
      order.swapAt(call.axis("dim0", rank: rank), call.axis("dim1", rank: rank))
      emitPermute(input, order, as: node.output)
    case "permute":
      guard let dims = call.ints("dims") else { return false }
      emitPermute(input, dims.map { $0 < 0 ? $0 + rank : $0 }, as: node.output)
    case "slice":
      guard (call.int("step") ?? 1) == 1 else { return false }
      let length = self[input].shape[axis]
      let start = call.int("start") ?? 0
      emitSlice(input, axis: axis, offset: min(start < 0 ? start + length : start, length), as: node.output)
    case "select":
      var shape = self[input].shape
      let index = call.int("index") ?? 0
      let offset = index < 0 ? index + shape[axis] : index
      shape[axis] = 1
      let part = addValue(shape, dtype: self[input].dtype)
      emitSlice(input, axis: axis, offset: offset, as: part)
      emitReshape(part, as: node.output)
    case "split", "split_with_sizes", "chunk":
      var offset = 0
      for output in node.outputs {
        emitSlice(input, axis: axis, offset: offset, as: output)
        offset += self[output].shape[axis]
      }
    case "cat", "concat":
      guard let parts = call.values("tensors") else { return false }
      let joinAxis = call.axis("dim", rank: self[node.output].shape.count)
      let join = Graph.Concatenate(inputs: parts.filter { self[$0].count > 0 }, axis: joinAxis)
      guard !join.inputs.isEmpty else { return false }
      emit(Graph.Node(.concatenate(join), output: node.output, module: node.module))
    case "constant_pad_nd":
      guard let sides = call.ints("pad"), sides.count <= 2 * rank else { return false }
      var before = [Int](repeating: 0, count: rank)
      for index in 0..<sides.count / 2 { before[rank - 1 - index] = sides[2 * index] }
      let pad = Graph.Pad(input: input, before: before, value: call.number("value") ?? 0)
      emit(Graph.Node(.pad(pad), output: node.output, module: node.module))
    default: return false
    }
    return true
  }

  private mutating func emitPermute(_ input: Graph.ValueID, _ order: [Int], as output: Graph.ValueID) {
    emit(Graph.Node(.permute(Graph.Permute(input: input, order: order)), output: output))
  }

  mutating func emitSlice(_ input: Graph.ValueID, axis: Int, offset: Int, as output: Graph.ValueID) {
    emit(Graph.Node(.slice(Graph.Slice(input: input, axis: axis, offset: offset)), output: output))
  }
}
