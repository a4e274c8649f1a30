/// Options that check their own values; the loader calls this after decoding, inner structs first.
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
}

/// A value that an options struct refuses; the loader adds the file and the structs around it to the key.
public struct InvalidOption: Error, Equatable, CustomStringConvertible {
  /// The property's name, or a dotted path of names, seen from the struct that refuses it.
  public let name: String
  public let reason: String

  public init(_ name: String, _ reason: String) {
    self.name = name
    self.reason = reason
  }

  public var description: String { "\(OptionKey.snakeCase(name)): \(reason)" }
}
