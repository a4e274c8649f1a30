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
}

/// A value that an options struct refuses. The loader adds the file and the keys of the structs around it.
public struct InvalidOption: Error, Equatable, CustomStringConvertible {
  /// The name of the property, or a dotted path of names, as seen from the struct that refuses it.
  public let name: String
  /// The reason, which says what was expected and what was found.
  public let reason: String

  /// Describes a value that is refused.
  public init(_ name: String, _ reason: String) {
    self.name = name
    self.reason = reason
  }

  /// The key and the reason.
  public var description: String { "\(OptionKey.snakeCase(name)): \(reason)" }
}
