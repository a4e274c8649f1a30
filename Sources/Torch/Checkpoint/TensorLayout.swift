/// The places of a tensor's elements in a storage, as a file claims them. Nothing is trusted before `check`.
struct TensorLayout: Equatable {
  var shape: [Int]
  /// The steps along each dimension; `nil` means row-major order.
  var strides: [Int]?
  /// The number of elements before the first one.
  var offset = 0

  /// The steps along each dimension in row-major order, for a shape whose `extent` is known.
  var rowMajorStrides: [Int] {
    var strides = shape
    var step = 1
    for dimension in shape.indices.reversed() {
      strides[dimension] = step
      step *= max(shape[dimension], 1)
    }
    return strides
  }

  /// The largest number of dimensions that libtorch's operations allow.
  static let largestRank = 64

  /// The number of elements of a storage that the layout reaches over, which is 0 for a tensor without elements; `nil`
  /// if sizes are negative or go beyond what can be addressed.
  var extent: Int? {
    guard shape.count <= Self.largestRank, (0..<Int.max / 16).contains(offset),
      strides.map({ $0.count == shape.count }) ?? true
    else { return nil }
    guard shape.allSatisfy({ $0 >= 0 }), strides?.allSatisfy({ $0 >= 0 }) ?? true else { return nil }
    // Dimensions of size 0 count as 1, so that the others cannot overflow behind them.
    var count = 1
    for size in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: max(size, 1))
      guard !overflow, product <= Int.max / 16 else { return nil }
      count = product
    }
    if shape.contains(0) { return 0 }
    guard let strides else { return offset + count }
    var last = offset
    for (size, stride) in zip(shape, strides) {
      let (step, overflow) = (size - 1).multipliedReportingOverflow(by: stride)
      let (sum, sumOverflow) = last.addingReportingOverflow(step)
      guard !overflow, !sumOverflow, sum < Int.max / 16 else { return nil }
      last = sum
    }
    return last + 1
  }
}
