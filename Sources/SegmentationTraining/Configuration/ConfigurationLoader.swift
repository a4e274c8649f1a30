import Basics
import Files
import Foundation
import SegmentationData
import Yams

/// Makes options from defaults, a YAML file and overrides. A file takes precedence over defaults, an override over
/// both.
///
/// The names of the options' stored properties are the keys, in snake case: `optimizer.learningRate` is
/// `learning_rate` inside `optimizer` in a file and `optimizer.learning_rate` as an override. Values are numbers, text,
/// booleans, enumerations with raw values, types that encode to one of these, lists of them, dictionaries from text
/// (merged entry by entry), and structs of values; those that are optional structs conform to `OptionSection`.
public struct ConfigurationLoader<Options: Codable & Sendable & Equatable>: Sendable {
  /// The options without a file and overrides.
  public let defaults: Options
  private let defaultTree = DefaultTree()

  /// Creates a loader with the options to begin from.
  public init(defaults: Options) {
    self.defaults = defaults
  }

  /// All dotted keys in the order of declaration; a group comes before the keys in it.
  public var keys: [String] { OptionTree(defaults).keys() }

  /// Reads a configuration file, applies the overrides, and checks the result.
  /// - Parameters:
  ///   - file: The file; `nil` for the defaults.
  ///   - overrides: The options to set after the file; later ones take precedence.
  /// - Throws: `ConfigurationError` with the place of the first mistake.
  public func load(
    file: URL? = nil, overrides: [ConfigurationOverride] = []
  ) throws(ConfigurationError) -> Options {
    guard let file else { return try load(yaml: "", name: "defaults", overrides: overrides) }
    let text: String
    do { text = try TextFile.read(file.path, limit: YAMLText.sizeLimit) } catch {
      throw .unreadable(file: file.relativePath, reason: error.reason)
    }
    return try load(yaml: text, name: file.relativePath, overrides: overrides)
  }

  /// Reads a configuration from text, as `load(file:overrides:)` does from a file.
  /// - Parameter name: The name of the text in messages.
  public func load(
    yaml: String, name: String, overrides: [ConfigurationOverride] = []
  ) throws(ConfigurationError) -> Options {
    var tree = defaultTree(of: defaults)
    let keys = tree.keys()
    try tree.merge(try parse(yaml, name: name), from: OptionSource(name: name, hasLines: true, keys: keys))
    for override in overrides {
      try tree.merge(try override.node(), from: OptionSource(name: override.source, hasLines: false, keys: keys))
    }
    let options: Options
    do {
      options = try YAMLDecoder().decode(Options.self, from: tree.node(by: \.property))
    } catch {
      throw Self.refusal(error, name: name)
    }
    if !Self.isValid(options) { try validate(OptionTree(options), given: tree) }
    return options
  }

  /// All options as a configuration file, which `load` turns into equal options.
  public func yaml(_ options: Options) -> String {
    do {
      return try serialize(node: OptionTree(options).node(by: \.key), width: -1, allowUnicode: true)
    } catch {
      preconditionFailure("\(Options.self) cannot be written as YAML: \(error)")
    }
  }

  private func parse(_ yaml: String, name: String) throws(ConfigurationError) -> Node {
    do { return try YAMLText.node(of: yaml) ?? OptionNode.null } catch {
      throw .syntax(location: error.line.map { "\(name):\($0)" } ?? name, problem: error.reason)
    }
  }

  /// The error for values that the `init(from:)` of a type refuses. All other errors were found before.
  private static func refusal(_ error: any Error, name: String) -> ConfigurationError {
    let context: DecodingError.Context? =
      switch error as? DecodingError {
      case .dataCorrupted(let context), .keyNotFound(_, let context), .typeMismatch(_, let context),
        .valueNotFound(_, let context):
        context
      default: nil
      }
    let key = context?.codingPath.map { OptionKey.snakeCase($0.stringValue) }.joined(separator: ".")
    return .invalid(location: name, key: key ?? "", reason: context?.debugDescription ?? "\(error)")
  }

  private func validate(
    _ tree: OptionTree, given: OptionTree, at path: [String] = []
  ) throws(ConfigurationError) {
    guard case .group(let members, let value?) = tree.content else { return }
    for member in members { try validate(member.tree, given: given, at: path + [member.key]) }
    do {
      try (value as? any ValidatedOptions)?.validate()
    } catch let error as InvalidOption {
      let inner = error.name.split(separator: ".").map { OptionKey.snakeCase(String($0)) }
      let key = path + inner
      throw .invalid(location: given.location(of: key), key: key.joined(separator: "."), reason: error.reason)
    } catch let error as DataError {
      // These errors name their keys in full.
      let parts = error.description.split(separator: ": ", maxSplits: 1).map(String.init)
      let key = parts.count == 2 ? parts[0].split(separator: ".").map(String.init) : path
      throw .invalid(location: given.location(of: key), key: key.joined(separator: "."), reason: parts.last ?? "")
    } catch {
      throw .invalid(location: given.location(of: path), key: path.joined(separator: "."), reason: "\(error)")
    }
  }
}
