/// Why a network cannot be written for another tool or read from another tool's file, in one line.
public struct ExchangeError: Error, CustomStringConvertible, Sendable, Equatable {
  /// The reason, in one line.
  public let description: String

  /// Creates an error with a reason of one line.
  public init(_ description: String) { self.description = description }
}
