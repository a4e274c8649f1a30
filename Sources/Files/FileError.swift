import Foundation

/// A file that cannot be read or written, with the system's reason.
public struct FileError: Error, CustomStringConvertible, Sendable, Equatable {
  /// The attempt that failed: `read`, `write`, ...
  public let operation: String
  /// The file's path.
  public let file: String
  /// The reason: the system's words for an error number, or RTSeg's own.
  public let reason: String

  package init(_ operation: String, _ file: String, reason: String) {
    self.operation = operation
    self.file = file
    self.reason = reason
  }

  /// Makes an error whose reason is the system's text for an error number, by default that of the last call.
  package init(_ operation: String, _ file: String, code: Int32 = errno) {
    self.init(operation, file, reason: String(cString: strerror(code)))
  }

  /// The error in one line, such as "cannot read a.png: Permission denied".
  public var description: String { "cannot \(operation) \(file.printable()): \(reason.printable())" }
}

extension FileError: LocalizedError {
  /// The same line as `description`.
  public var errorDescription: String? { description }
}
