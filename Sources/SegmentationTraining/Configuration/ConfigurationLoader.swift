import Basics
import Files
import Foundation
import SegmentationData
import Yams

/// Makes options from defaults, a YAML file and overrides, each over the one before.
///
/// The names of the options' stored properties are the keys, in snake case: `optimizer.learningRate` is
/// `learning_rate` inside `optimizer` in a file and `optimizer.learning_rate` as an override. Values are numbers, text,
/// booleans, enumerations with raw values, types that encode to one of these, lists of them, dictionaries from text
/// (merged entry by entry), and structs of values; those that are optional structs conform to `OptionSection`.
public struct ConfigurationLoader<Options: Codable & Sendable & Equatable>: Sendable {
  public let defaults: Options

  public init(defaults: Options) {
    self.defaults = defaults
  }

  /// All dotted keys, groups before what they hold, in the order of declaration.
  public var keys: [String] { OptionTree(defaults).keys() }

  /// Reads a configuration file (none: the defaults), puts the overrides over it, decodes and validates.
  public func load(
    file: URL? = nil, overrides: [ConfigurationOverride] = []
  ) throws(ConfigurationError) -> Options {
    guard let file else { return try load(yaml: "", name: "defaults", overrides: overrides) }
    return try load(yaml: try read(file), name: file.relativePath, overrides: overrides)
  }

  /// Reads a configuration from text; messages call it `name`.
  public func load(
    yaml: String, name: String, overrides: [ConfigurationOverride] = []
  ) throws(ConfigurationError) -> Options {
    try load(node: try parse(yaml, name: name), name: name, overrides: overrides)
  }

  /// Every fault that loading a configuration file finds, in the order in which loading meets them.
  public func faults(in file: URL) -> [ConfigurationError] {
    let name = file.relativePath
    var faults: [ConfigurationError] = []
    do {
      var node = try parse(try read(file), name: name)
      while true {
        do { _ = try load(node: node, name: name, overrides: []) } catch {
          faults.append(error)
          // The rest is looked at without the faulty key.
          guard let path = error.path, let rest = OptionNode.removing(path[...], from: node) else { return faults }
          node = rest
          continue
        }
        return faults
      }
    } catch {
      return faults + [error]
    }
  }

  private func load(
    node: Node, name: String, overrides: [ConfigurationOverride]
  ) throws(ConfigurationError) -> Options {
    var tree = OptionTree(defaults)
    let keys = tree.keys()
    try tree.merge(node, from: OptionSource(name: name, hasLines: true, keys: keys))
    for override in overrides {
      try tree.merge(try override.node(), from: OptionSource(name: override.source, hasLines: false, keys: keys))
    }
    let options: Options
    do {
      options = try YAMLDecoder().decode(Options.self, from: tree.node(by: \.property))
    } catch {
      throw Self.refusal(error, name: name)
    }
    try validate(OptionTree(options), given: tree)
    return options
  }

  /// The options, all of them, as a configuration file that loads back equal.
  public func yaml(_ options: Options) -> String {
    do {
      return try serialize(node: OptionTree(options).node(by: \.key), width: -1, allowUnicode: true)
    } catch {
      preconditionFailure("\(Options.self) cannot be written as YAML: \(error)")
    }
  }

  private func read(_ file: URL) throws(ConfigurationError) -> String {
    do { return try TextFile.read(file.path, limit: YAMLText.sizeLimit) } catch {
      throw .unreadable(file: file.relativePath, reason: error.reason)
    }
  }

  private func parse(_ yaml: String, name: String) throws(ConfigurationError) -> Node {
    do { return try YAMLText.node(of: yaml) ?? OptionNode.null } catch {
      throw .syntax(location: error.line.map { "\(name):\($0)" } ?? name, problem: error.reason)
    }
  }

  /// Values were checked one by one; what is left is what a type's own `init(from:)` refuses.
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
      let key = path + error.key.split(separator: ".").map(String.init)
      throw .invalid(location: given.location(of: key), key: key.joined(separator: "."), reason: error.reason)
    } catch {
      throw .invalid(location: given.location(of: path), key: path.joined(separator: "."), reason: "\(error)")
    }
  }
}
