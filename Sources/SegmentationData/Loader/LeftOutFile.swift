/// A file that could not be used and was left out, as `data.skip_bad_files` allows.
public struct LeftOutFile: Codable, Hashable, Sendable, CustomStringConvertible {
  /// The path of the file.
  public let file: String
  /// The reason in one line.
  public let reason: String

  /// Creates an entry from a path and a reason.
  public init(file: String, reason: String) {
    self.file = file
    self.reason = reason
  }

  /// One line with the file and the reason.
  public var description: String { reason.contains(file) ? reason : "\(file): \(reason)" }
}
