import Torch

// Rewrites operators that only move numbers, or not even that: reshaping, reordering, cutting.
extension GraphRewriter {
  mutating func emitReshape(_ input: Graph.ValueID, as output: Graph.ValueID) {
    emit(
      Graph.Node(.reshape, [("input", .value(input)), ("shape", .ints(self[output].shape))], output: output))
  }

  /// Emits a node in the graph's own form.
  /// - Returns: False if there is none.
  mutating func shape(_ node: Graph.Node) -> Bool {
    guard let input = node.inputs.first else { return false }
    let rank = self[input].shape.count
    func dimension(_ name: String) -> Int { (node.int(name) ?? 0) < 0 ? node.int(name)! + rank : node.int(name) ?? 0 }
    switch node.name {
    case "view", "reshape", "flatten", "squeeze", "unsqueeze", "view_as", "reshape_as", "_unsafe_view":
      guard case .dtype = node["dtype"] else {
        emitReshape(input, as: node.output)
        return true
      }
      return false
    case "transpose":
      var dims = Array(0..<rank)
      dims.swapAt(dimension("dim0"), dimension("dim1"))
      emitPermute(input, dims, as: node.output)
    case "permute":
      emitPermute(input, node.ints("dims")!.map { $0 < 0 ? $0 + rank : $0 }, as: node.output)
    case "slice":
      guard (node.int("step") ?? 1) == 1 else { return false }
      let dim = dimension("dim")
      let length = self[input].shape[dim]
      let start = node.int("start") ?? 0
      emitSlice(input, dim: dim, offset: min(start < 0 ? start + length : start, length), as: node.output)
    case "select":
      let dim = dimension("dim")
      let index = node.int("index")!
      var shape = self[input].shape
      let offset = index < 0 ? index + shape[dim] : index
      shape[dim] = 1
      let part = addValue(shape, dtype: self[input].dtype)
      emitSlice(input, dim: dim, offset: offset, as: part)
      emitReshape(part, as: node.output)
    case "split", "split_with_sizes", "chunk":
      var offset = 0
      for output in node.outputs {
        emitSlice(input, dim: dimension("dim"), offset: offset, as: output)
        offset += self[output].shape[dimension("dim")]
      }
    default: return false
    }
    return true
  }

  private mutating func emitPermute(_ input: Graph.ValueID, _ dims: [Int], as output: Graph.ValueID) {
    emit(Graph.Node(.permute, [("input", .value(input)), ("dims", .ints(dims))], output: output))
  }

  mutating func emitSlice(_ input: Graph.ValueID, dim: Int, offset: Int, as output: Graph.ValueID) {
    let length = self[output].shape[dim]
    emit(
      Graph.Node(
        .slice,
        [("input", .value(input)), ("dim", .int(dim)), ("offset", .int(offset)), ("length", .int(length))],
        output: output))
  }
}
