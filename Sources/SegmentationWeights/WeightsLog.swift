/// Takes what is said while weights are fetched and read.
public struct WeightsLog: Sendable {
  /// Takes a line that is worth keeping, such as where a file comes from.
  public var message: @Sendable (String) -> Void
  /// Takes how far a download is, several times a second.
  public var progress: @Sendable (String) -> Void

  /// A log that drops everything unless told otherwise.
  public init(
    message: @escaping @Sendable (String) -> Void = { _ in }, progress: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    self.message = message
    self.progress = progress
  }
}
