/// Why processes can no longer train together: one of them has gone or does not answer. The cause lies in another process.
public struct PeerFailure: Error, CustomStringConvertible, Sendable {
  public let description: String

  init(_ error: any Error) { description = "\(error)" }

  init(_ description: String) { self.description = description }
}
