import Files

/// A checkpoint or array file that is damaged, hostile, or holds something else than was asked for.
public struct CheckpointError: Error, CustomStringConvertible, Sendable, Equatable {
  /// The file's path.
  public let file: String
  /// The entry in the file, if the error is about one.
  public let key: String?
  /// The problem, in a few words.
  public let problem: String
  /// The content that was expected, if that helps.
  public let expected: String?
  /// The content that was found, if that helps.
  public let found: String?

  init(_ file: String, key: String? = nil, _ problem: String, expected: String? = nil, found: String? = nil) {
    self.file = file
    self.key = key
    self.problem = problem
    self.expected = expected
    self.found = found
  }

  /// The error in one line, with the file, the entry, the problem, and what was expected and found.
  public var description: String {
    var text = "\(file): "
    if let key { text += "'\(key.printable(limit: 200))': " }
    text += problem
    if let expected { text += "; expected \(expected)" }
    if let found { text += (expected == nil ? "; found " : ", found ") + found }
    return text.printable()
  }
}

func describe(_ shape: [Int]) -> String { "[" + shape.map(String.init).joined(separator: ", ") + "]" }
