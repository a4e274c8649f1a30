/// The most that a file may ask for. Real networks stay far below.
enum ImportLimits {
  /// The size of a file in bytes, without external data.
  static let fileBytes = 4 << 30
  /// The number of dimensions of a tensor.
  static let rank = 8
  /// The number of elements of a tensor that is computed for an image.
  static let elements = 1 << 34
  /// The number of elements of all constants that are computed while a file is read.
  static let constantElements = 1 << 28
  /// The number of elements of a matrix that stands for a resizing or a choice along an axis.
  static let matrixElements = 1 << 24
  /// The number of parts of a tensor that are joined for a choice along an axis.
  static let parts = 1024
  /// The number of nodes, with those of functions each time that they are called.
  static let nodes = 100_000
  /// The number of functions and branches that may be nested.
  static let depth = 24

  /// The number of elements of a shape.
  /// - Throws: `ExchangeError` for a shape with negative numbers or too many elements.
  static func count(_ shape: [Int]) throws(ExchangeError) -> Int {
    guard shape.count <= rank else {
      throw ExchangeError("a tensor has \(shape.count) dimensions, expected at most \(rank)")
    }
    var count = 1
    for size in shape {
      guard size >= 0 else { throw ExchangeError("a dimension is negative: \(size)") }
      let (product, overflows) = count.multipliedReportingOverflow(by: size)
      guard !overflows, product <= elements else {
        throw ExchangeError("a tensor of the shape \(shape) is too large")
      }
      count = product
    }
    return count
  }
}
