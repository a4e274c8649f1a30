/// Options that check their own values. The loader calls `validate` after decoding, for inner structs first.
public protocol ValidatedOptions {
  /// Makes sure that the values can be used.
  /// - Throws: `InvalidOption` for the first value that cannot.
  func validate() throws
}

extension ValidatedOptions {
  /// Makes sure that a condition holds.
  ///
  /// The text `expected` completes "expected ...", as in `try require(epochs > 0, "epochs", "at least 1", found:
  /// epochs)`.
  /// - Throws: `InvalidOption` for the property `name` if it does not hold.
  public func require(
    _ condition: Bool, _ name: String, _ expected: String, found: @autoclosure () -> Any
  ) throws(InvalidOption) {
    guard !condition else { return }
    throw InvalidOption(name, "expected \(expected), found \(found())")
  }

  /// Makes sure that a number is in a range.
  /// - Throws: `InvalidOption` for the property `name` if it is not.
  public func require<Number>(
    _ value: Number, in range: ClosedRange<Number>, _ name: String
  ) throws(InvalidOption) {
    try require(range.contains(value), name, "\(range.lowerBound) to \(range.upperBound)", found: value)
  }
}
