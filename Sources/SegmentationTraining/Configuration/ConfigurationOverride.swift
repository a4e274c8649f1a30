import Files
import Foundation
import SegmentationData
import Yams

/// One option set on the command line.
public struct ConfigurationOverride: Sendable, Equatable {
  /// The dotted key: `optimizer.learning_rate`.
  public let key: String
  /// The value's text.
  public let text: String
  /// What messages call the place that it came from: `--set optimizer.learning_rate`, `--lr`.
  public let source: String
  /// Whether the text is YAML or stands for itself.
  private let isYAML: Bool

  /// An option as `--set` takes it, `key=value`; the value is YAML: `0.05`, `null`, `[512, 1024]`, `{road: 2}`.
  ///
  /// Throws `ConfigurationError.syntax`.
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

  /// An option that a flag of its own sets; the text stands for itself, with no YAML in it.
  public init(_ key: String, _ text: String, source: String) {
    self.key = key
    self.text = text
    self.source = source
    isYAML = false
  }

  /// An option whose value is given in YAML.
  init(_ key: String, yaml: String, source: String) {
    self.key = key
    text = yaml
    self.source = source
    isYAML = true
  }

  /// The value inside the mappings that its key names.
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
