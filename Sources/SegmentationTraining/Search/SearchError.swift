import Files

/// The reason why a search cannot begin or continue, in one line.
public struct SearchError: Error, CustomStringConvertible, Sendable, Equatable {
  /// The line.
  public let description: String

  /// - Parameter description: The line. It is shortened, and control characters in it are made visible.
  package init(_ description: String) { self.description = description.printable(limit: 2000) }
}
