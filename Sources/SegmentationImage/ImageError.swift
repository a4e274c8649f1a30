import Files
import Foundation

/// A file that could not be read or written as an image: which one, and why, in one line.
public struct ImageError: Error, CustomStringConvertible, Equatable, Sendable {
  /// The file's path.
  public let path: String
  /// The problem with the file.
  public let reason: String

  /// Makes an error for a file.
  public init(path: String, reason: String) {
    self.path = path
    self.reason = reason
  }

  /// The path and the reason, in one line.
  public var description: String { "\(path.printable()): \(reason.printable())" }
}

extension ImageError: LocalizedError {
  /// The same line as `description`.
  public var errorDescription: String? { description }
}
