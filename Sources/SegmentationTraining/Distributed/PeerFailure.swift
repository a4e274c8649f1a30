/// The reason why processes can no longer train together: one of them is gone or does not answer. The cause lies in
/// another process.
public struct PeerFailure: Error, CustomStringConvertible, Sendable {
  /// One line that says what failed.
  public let description: String

  init(_ error: any Error) { description = "\(error)" }

  init(_ description: String) { self.description = description }
}
