/// Why weights cannot be found, fetched or used, in one line.
public struct WeightsError: Error, CustomStringConvertible, Sendable, Equatable {
  /// The reason, in one line.
  public let description: String

  /// Creates an error with a reason of one line.
  public init(_ description: String) { self.description = description }
}
