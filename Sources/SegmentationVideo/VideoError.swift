import Files
import Foundation

/// Why a video cannot be read, labelled or written, in one line.
public struct VideoError: Error, CustomStringConvertible, Equatable, Sendable {
  /// The line: what is wrong, with which file or program, and what to do.
  public let description: String

  package init(_ description: String) { self.description = description.printable() }
}

extension VideoError: LocalizedError {
  /// The same line as `description`.
  public var errorDescription: String? { description }
}
