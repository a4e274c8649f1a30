import Basics
import Files
import Foundation

/// A pattern for the names of a network's parameters or modules. `*` stands for any characters, points included, and
/// `?` for one character. `backbone.*` matches every name in the backbone.
public struct ParameterPattern: Codable, Sendable, Equatable, CustomStringConvertible {
  /// The pattern's text.
  public let description: String

  /// Creates a pattern from its text.
  public init(_ pattern: String) { description = pattern }

  /// Decodes the pattern's text.
  public init(from decoder: any Decoder) throws { description = try decoder.singleValueContainer().decode(String.self) }

  /// Encodes the pattern's text.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }

  /// Whether a name matches.
  public func matches(_ name: String) -> Bool { fnmatch(description, name, 0) == 0 }

  /// Throws `InvalidOption` for the option `key` if none of the names matches.
  func requireMatch(among names: [String], key: String, network: String) throws(InvalidOption) {
    guard !names.contains(where: matches) else { return }
    let examples = names.prefix(3).joined(separator: ", ")
    throw InvalidOption(
      key,
      "'\(description.printable(limit: 100))' matches nothing in \(network), whose names are such as \(examples) "
        + "(rtseg models \(network) lists its parts)")
  }
}
