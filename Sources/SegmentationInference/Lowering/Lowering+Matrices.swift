import Torch

extension Lowering {
  mutating func lower(_ product: Graph.MatrixProduct, of node: Graph.Node) throws {
    let result = shape(node.output)
    guard shape(product.left).count >= 2, shape(product.right).count >= 2, result.count >= 2 else {
      return try lowerToHost(node)
    }
    let left = try operand(product.left, isTransposed: product.transposesLeft)
    let right = try operand(product.right, isTransposed: product.transposesRight)
    let batch = result.dropLast(2).reduce(1, *)
    guard [left.batch, right.batch].allSatisfy({ $0 == 1 || $0 == batch }) else { return try lowerToHost(node) }
    let target = makeTensor(result, order: Array(result.indices), .number)
    places[node.output] = target
    let inner = left.isTransposed ? left.rows : left.columns
    let parameters = Program.MatrixProductParameters(
      batch: batch, rows: result[result.count - 2], inner: inner, columns: result[result.count - 1],
      isLeftTransposed: left.isTransposed, isRightTransposed: right.isTransposed, leftBatch: left.batch,
      rightBatch: right.batch)
    add(node, .matrixProduct(parameters), [left.tensor, right.tensor], [target.tensor])
  }

  private struct Matrices {
    var tensor: Int
    var batch: Int
    /// The rows and columns as they lie in memory.
    var rows: Int
    var columns: Int
    /// Whether the product needs them exchanged.
    var isTransposed: Bool
  }

  /// The matrices of an operand, without gaps: either as they are or exchanged, which kernels take too.
  private mutating func operand(_ id: Graph.ValueID, isTransposed: Bool) throws -> Matrices {
    var place = try place(id)
    let rank = place.shape.count
    let exchanged = Array(0..<rank - 2) + [rank - 1, rank - 2]
    let isExchanged =
      isWhole(place) && !place.lies(Place.rowMajor(place.shape))
      && place.lies(Place.strides(of: place.shape, order: exchanged))
    if !isExchanged { place = arranged(place, order: Array(0..<rank)) }
    pin(place.tensor)
    let (rows, columns) = (place.shape[rank - 2], place.shape[rank - 1])
    return Matrices(
      tensor: place.tensor, batch: place.shape.dropLast(2).reduce(1, *), rows: isExchanged ? columns : rows,
      columns: isExchanged ? rows : columns, isTransposed: isTransposed != isExchanged)
  }
}
