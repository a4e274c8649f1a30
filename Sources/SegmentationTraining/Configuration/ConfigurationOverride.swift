import Files
import Foundation
import SegmentationData
import Yams

/// An option that the command line sets.
public struct ConfigurationOverride: Sendable, Equatable {
  /// The dotted key, such as `optimizer.learning_rate`.
  public let key: String
  /// The text of the value.
  public let text: String
  /// The place that the option comes from, for messages, such as `--set optimizer.learning_rate` or `--lr`.
  public let source: String
  /// Whether the text is YAML. If not, it is the value itself.
  private let isYAML: Bool

  /// Reads an option of the form `key=value`, as `--set` takes it. The value is YAML, such as `0.05`, `null`, `[512,
  /// 1024]` or `{road: 2}`.
  ///
  /// - Throws: `ConfigurationError.syntax` for any other text.
  public init(parsing argument: String) throws(ConfigurationError) {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    key = parts[0].trimmingCharacters(in: .whitespaces)
    guard parts.count == 2, !key.split(separator: ".", omittingEmptySubsequences: false).contains("") else {
      throw .syntax(location: "--set \(argument)", problem: "expected KEY=VALUE, such as optimizer.learning_rate=0.05")
    }
    text = String(parts[1])
    source = "--set \(key)"
    isYAML = true
    _ = try node()
  }

  /// Describes an option that has a flag of its own. The text is the value itself, not YAML.
  public init(_ key: String, _ text: String, source: String) {
    self.key = key
    self.text = text
    self.source = source
    isYAML = false
  }

  /// Describes an option whose value is given in YAML.
  init(_ key: String, yaml: String, source: String) {
    self.key = key
    text = yaml
    self.source = source
    isYAML = true
  }

  /// The value, nested in mappings as its key says.
  func node() throws(ConfigurationError) -> Node {
    let value: Node
    do { value = isYAML ? try YAMLText.node(of: text) ?? OptionNode.null : Node(text) } catch {
      throw .syntax(
        location: source,
        problem: error.reason.hasPrefix("not valid YAML")
          ? "'\(text.printable(limit: 80))' is not a YAML value; text with such signs needs quotes" : error.reason)
    }
    return key.split(separator: ".").reversed().reduce(value) { node, part in Node([(Node(String(part)), node)]) }
  }
}
