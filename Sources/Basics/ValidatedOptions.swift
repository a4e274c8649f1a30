/// Options that check their own values; the loader of configurations calls this after decoding, inner structs first.
public protocol ValidatedOptions {
  /// Throws `InvalidOption` for a value that cannot be used.
  func validate() throws
}

extension ValidatedOptions {
  /// Throws `InvalidOption` for the property `name` unless the condition holds.
  ///
  /// `expected` completes "expected ...": `try require(epochs > 0, "epochs", "at least 1", found: epochs)`.
  public func require(
    _ condition: Bool, _ name: String, _ expected: String, found: @autoclosure () -> Any
  ) throws(InvalidOption) {
    guard !condition else { return }
    throw InvalidOption(name, "expected \(expected), found \(found())")
  }

  /// Throws `InvalidOption` for the property `name` unless the number is in the range.
  public func require<Number>(
    _ value: Number, in range: ClosedRange<Number>, _ name: String
  ) throws(InvalidOption) {
    try require(range.contains(value), name, "\(range.lowerBound) to \(range.upperBound)", found: value)
  }

  /// Throws `InvalidOption` for the property `name` unless it is a probability.
  public func requireProbability(_ value: Double, _ name: String) throws(InvalidOption) {
    try require((0...1).contains(value), name, "a probability from 0 to 1", found: value)
  }

  /// Checks the options that the property `name` holds, if there are any; a refusal then names that property too.
  public func require(valid options: (any ValidatedOptions)?, _ name: String) throws(InvalidOption) {
    do { try options?.validate() } catch let error as InvalidOption {
      throw InvalidOption("\(name).\(error.name)", error.reason)
    } catch {
      throw InvalidOption(name, "\(error)")
    }
  }
}
