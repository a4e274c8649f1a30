/// The largest values that options of a kind take. They are far beyond use, and small enough that no product of several
/// leaves the range of integers.
enum OptionLimits {
  static let epochs = 1_000_000
  static let batch = 65_536
  static let steps = 1_000_000_000
  /// Factors, such as coefficients of losses.
  static let factor = 1e6
}

extension ValidatedOptions {
  /// Throws `InvalidOption` for the property `name` unless the number is in the range.
  func require<Number>(_ value: Number, in range: ClosedRange<Number>, _ name: String) throws(InvalidOption) {
    try require(range.contains(value), name, "\(range.lowerBound) to \(range.upperBound)", found: value)
  }
}
