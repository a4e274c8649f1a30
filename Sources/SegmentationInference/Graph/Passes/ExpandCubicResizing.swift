import Torch

extension GraphPass {
  /// Turns cubic resizing into products with matrices, for which the engine has kernels.
  public static let expandCubicResizing = GraphPass("expand cubic resizing") { graph in
    GraphRewriter.rewrite(graph) { rewriter, node in
      guard case .resize(let resize) = node.operator, rewriter[resize.input].shape != rewriter[node.output].shape else {
        return rewriter.emit(node)
      }
      switch resize.mode {
      case .bicubic(let alignCorners):
        rewriter.emitCubicResizing(of: resize.input, as: node.output) {
          cubicWeights($0, to: $1, alignCorners: alignCorners)
        }
      case .antialiasedBicubic: rewriter.emitCubicResizing(of: resize.input, as: node.output, antialiasedCubicWeights)
      case .nearest, .bilinear: rewriter.emit(node)
      }
    }
  }
}

extension GraphRewriter {
  /// Emits cubic resizing as a product with a matrix along each axis. The maps are seen with their channels innermost, as
  /// they lie in memory.
  /// - Parameter weights: The weights of a number of pixels for each of another number of pixels, row by row.
  fileprivate mutating func emitCubicResizing(
    of input: Graph.ValueID, as output: Graph.ValueID, _ weights: (_ length: Int, _ count: Int) -> [Float]
  ) {
    let (from, to) = (self[input].shape, self[output].shape)
    let dtype = self[input].dtype
    func value(_ shape: [Int]) -> Graph.ValueID { addValue(shape, dtype: dtype) }
    func matrix(_ axis: Int) -> Graph.ValueID {
      addConstant(Tensor(weights(from[axis], to[axis]), shape: [to[axis], from[axis]]))
    }
    func emitProduct(_ left: Graph.ValueID, _ right: Graph.ValueID, _ shape: [Int]) -> Graph.ValueID {
      let product = value(shape)
      emit(Graph.Node(.matmul(Graph.MatrixProduct(left: left, right: right)), output: product))
      return product
    }
    func emitReshaped(_ id: Graph.ValueID, _ shape: [Int]) -> Graph.ValueID {
      let result = value(shape)
      emitReshape(id, as: result)
      return result
    }
    let (images, channels) = (from[0], from[1])
    let last = value([images, from[2], from[3], channels])
    emit(Graph.Node(.permute(Graph.Permute(input: input, order: [0, 2, 3, 1])), output: last))
    let rows = emitReshaped(last, [images, from[2], from[3] * channels])
    let high = emitProduct(matrix(2), rows, [images, to[2], from[3] * channels])
    let columns = emitReshaped(high, [images * to[2], from[3], channels])
    let wide = emitProduct(matrix(3), columns, [images * to[2], to[3], channels])
    let map = emitReshaped(wide, [images, to[2], to[3], channels])
    emit(Graph.Node(.permute(Graph.Permute(input: map, order: [0, 3, 1, 2])), output: output))
  }
}

/// The weights of `length` pixels for each of `count` pixels, row by row, as libtorch interpolates with a = -0.75. Pixels
/// beyond the edge are those at the edge.
private func cubicWeights(_ length: Int, to count: Int, alignCorners: Bool) -> [Float] {
  let a = -0.75
  var matrix = [Float](repeating: 0, count: count * length)
  for index in 0..<count {
    let position =
      alignCorners
      ? (count > 1 ? Double(index * (length - 1)) / Double(count - 1) : 0)
      : (Double(index) + 0.5) * Double(length) / Double(count) - 0.5
    let first = Int(position.rounded(.down))
    let t = position - Double(first)
    for (offset, distance) in [1 + t, t, 1 - t, 2 - t].enumerated() {
      let d = distance
      let weight = d <= 1 ? ((a + 2) * d - (a + 3)) * d * d + 1 : ((a * d - 5 * a) * d + 8 * a) * d - 4 * a
      matrix[index * length + min(max(first - 1 + offset, 0), length - 1)] += Float(weight)
    }
  }
  return matrix
}

/// The weights of `length` pixels for each of `count` pixels, row by row, as libtorch interpolates with a = -0.5: Keys'
/// filter (1981, <https://doi.org/10.1109/TASSP.1981.1163711>), which is widened if there are fewer pixels than before.
/// Pixels beyond the edge have no weight.
private func antialiasedCubicWeights(_ length: Int, to count: Int) -> [Float] {
  let scale = Double(length) / Double(count)
  return (0..<count).flatMap { index in
    let weights = (0..<length).map { other in
      let d = abs(Double(other) + 0.5 - (Double(index) + 0.5) * scale) / max(scale, 1)
      return d <= 1 ? (1.5 * d - 2.5) * d * d + 1 : d <= 2 ? ((-0.5 * d + 2.5) * d - 4) * d + 2 : 0
    }
    let sum = weights.reduce(0, +)
    return weights.map { Float($0 / sum) }
  }
}
