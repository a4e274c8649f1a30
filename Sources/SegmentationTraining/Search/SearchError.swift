import Files

/// Why a search cannot begin or go on, in one line.
public struct SearchError: Error, CustomStringConvertible, Sendable, Equatable {
  public let description: String

  /// - Parameter description: The line; what comes from others is shortened and shown without control characters.
  package init(_ description: String) { self.description = description.printable(limit: 2000) }
}
