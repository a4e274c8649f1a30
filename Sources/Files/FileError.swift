import Foundation

/// A file that cannot be read or written, with the system's reason.
public struct FileError: Error, CustomStringConvertible, Sendable, Equatable {
  /// What was tried: `read`, `write`, ...
  public let operation: String
  public let file: String
  public let reason: String

  package init(_ operation: String, _ file: String, reason: String) {
    self.operation = operation
    self.file = file
    self.reason = reason
  }

  /// The reason is the system's text for an error number, by default the last call's.
  package init(_ operation: String, _ file: String, code: Int32 = errno) {
    self.init(operation, file, reason: String(cString: strerror(code)))
  }

  public var description: String { "cannot \(operation) \(file.printable()): \(reason.printable())" }
}

extension FileError: LocalizedError {
  public var errorDescription: String? { description }
}
