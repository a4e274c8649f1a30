import Files

/// Why a server cannot start, in one line.
public struct ServerError: Error, CustomStringConvertible, Equatable {
  /// The line.
  public let description: String

  init(_ description: String) { self.description = description }
}
