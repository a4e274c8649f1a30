/// A file that could not be used and was left out, as `data.skip_bad_files` allows.
public struct LeftOutFile: Codable, Hashable, Sendable, CustomStringConvertible {
  public let file: String
  /// What is wrong with it, in one line.
  public let reason: String

  public init(file: String, reason: String) {
    self.file = file
    self.reason = reason
  }

  public var description: String { reason.contains(file) ? reason : "\(file): \(reason)" }
}
