import Files
import Foundation

/// The secret that clients send as `Authorization: Bearer TOKEN`.
public struct AccessToken: Sendable {
  private let hash: [UInt8]

  /// - Parameter source: Where the text comes from, for the error.
  /// - Throws: `ServerError` for a text that cannot be sent in a header, or that is too short to be a secret.
  public init(_ text: String, source: String) throws(ServerError) {
    let token = text.trimmingCharacters(in: .whitespacesAndNewlines)
    guard (16...1024).contains(token.utf8.count), token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw ServerError(
        "\(source.printable()): expected a token of 16 to 1024 printable ASCII characters without spaces; "
          + "openssl rand -hex 32 makes one")
    }
    hash = Self.hash(token)
  }

  /// Reads the token from a file.
  /// - Throws: `FileError`, `ServerError`.
  public init(contentsOf path: String) throws {
    try self.init(TextFile.read(path, limit: 4096), source: path)
  }

  /// Whether a client's header has the token. The time that this takes does not depend on the token.
  func isSent(in header: String?) -> Bool {
    guard let header, header.utf8.count <= 2048 else { return false }
    let parts = header.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, parts[0].lowercased() == "bearer" else { return false }
    // Hashes have one length and tell nothing about the place of the first difference.
    return zip(hash, Self.hash(String(parts[1]))).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
  }

  private static func hash(_ text: String) -> [UInt8] {
    Array(text.utf8).withUnsafeBytes { Array(ContentHash.hex(of: $0).utf8) }
  }
}
