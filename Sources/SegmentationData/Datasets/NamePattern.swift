import SegmentationImage

/// A rule for the names of some files in a folder. The part of a name without the prefix and the suffix pairs an image
/// with its mask, or the part that the groups of a regular expression match.
public struct NamePattern: Hashable, Sendable {
  /// The folder of the files.
  public let folder: String
  /// The text with which the names begin.
  public let prefix: String
  /// The text with which the names end, with the extension (`_L.png`) or without (`_L`).
  public let suffix: String
  /// The regular expression for whole paths below the folder; `nil` if the prefix and the suffix are the rule.
  public let expression: PathExpression?

  /// Creates a rule from its parts.
  public init(folder: String, prefix: String = "", suffix: String = "") {
    self.init(folder: folder, prefix: prefix, suffix: suffix, expression: nil)
  }

  /// Creates a rule from a regular expression for the files' paths below the folder.
  public init(folder: String, matching expression: PathExpression) {
    self.init(folder: folder, prefix: "", suffix: "", expression: expression)
  }

  private init(folder: String, prefix: String, suffix: String, expression: PathExpression?) {
    self.folder = folder
    self.prefix = prefix
    self.suffix = suffix
    self.expression = expression
  }

  /// The same rule for another folder.
  func inFolder(_ folder: String) -> NamePattern {
    NamePattern(folder: folder, prefix: prefix, suffix: suffix, expression: expression)
  }

  /// The length of the parts of a name that the rule fixes.
  var fixedLength: Int { expression?.text.utf8.count ?? prefix.utf8.count + suffix.utf8.count }

  var suffixHasExtension: Bool { ImageListing.isImageName("x" + suffix) }

  /// The part of a path that pairs the file with another, such as `street/0001` for `street/0001_L.png`; `nil` if the
  /// name does not match.
  /// - Parameters:
  ///   - path: The path of the file, relative to the folder.
  ///   - extensions: The extensions that match if the suffix has none.
  /// - Throws: `DataError` for a regular expression that takes too many steps.
  func key(of path: String, extensions: Set<String>) throws(DataError) -> String? {
    try NameMatcher(self, extensions: extensions).key(of: path)
  }

  /// The paths, relative to the folder, that a key may stand for. A rule with an expression cannot say them.
  func candidates(for key: String, extensions: [String]) -> [String] {
    let start = key.utf8.lastIndex(of: UInt8(ascii: "/")).map(key.utf8.index(after:)) ?? key.startIndex
    let stem = "\(key[..<start])\(prefix)\(key[start...])\(suffix)"
    return suffixHasExtension ? [stem] : extensions.map { "\(stem).\($0)" }
  }

  /// The rule as a card spells it.
  var yaml: String {
    let parts = [("folder", folder), ("prefix", prefix), ("suffix", suffix), ("match", expression?.text ?? "")]
      .filter { !$0.1.isEmpty }.map { "\($0.0): \(YAMLText.spelling(of: $0.1))" }
    return parts.count == 1 ? YAMLText.spelling(of: folder) : "{\(parts.joined(separator: ", "))}"
  }
}

extension NamePattern: ExpressibleByStringLiteral {
  /// Creates a rule for all files of a folder.
  public init(stringLiteral folder: String) { self.init(folder: folder) }
}
