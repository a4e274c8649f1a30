/// Why weights cannot be found, fetched or used, in one line.
public struct WeightsError: Error, CustomStringConvertible, Sendable, Equatable {
  public let description: String

  public init(_ description: String) { self.description = description }
}
