import Files

/// A mistake in a configuration, in one line: the place, the key, what was expected and what was found.
public enum ConfigurationError: Error, Equatable, CustomStringConvertible {
  /// The file cannot be read.
  case unreadable(file: String, reason: String)
  /// The text is not YAML, or not a mapping of options.
  case syntax(location: String, problem: String)
  /// There is no such option. `suggestion` is the key that is most like it, and `known` lists the keys at that place.
  case unknownKey(location: String, key: String, suggestion: String?, known: [String])
  /// The value cannot be read as the option's type.
  case wrongType(location: String, key: String, expected: String, found: String)
  /// The value has the right type, but the options' own check refuses it.
  case invalid(location: String?, key: String, reason: String)

  /// One line with the place, the key, what was expected and what was found. Long keys and values are shortened, and
  /// control characters in them are made visible.
  public var description: String { text.printable(limit: 4000) }

  private var text: String {
    switch self {
    case .unreadable(let file, let reason):
      return "\(file): cannot read the configuration: \(reason)"
    case .syntax(let location, let problem):
      return "\(location): \(problem)"
    case .unknownKey(let location, let key, let suggestion?, _):
      return "\(location): unknown key '\(key.printable(limit: 80))'; did you mean '\(suggestion)'?"
    case .unknownKey(let location, let key, nil, let known):
      return "\(location): unknown key '\(key.printable(limit: 80))'; known here: \(known.joined(separator: ", "))"
    case .wrongType(let location, let key, let expected, let found):
      return Self.line(location, key, "expected \(expected), found \(found)")
    case .invalid(let location, let key, let reason):
      return Self.line(location, key, reason)
    }
  }

  /// The parts of the key that is wrong; nil if the whole text is. Elements of lists are left out: the list is wrong.
  var path: [String]? {
    let key =
      switch self {
      case .unreadable, .syntax: ""
      case .unknownKey(_, let key, _, _), .wrongType(_, let key, _, _), .invalid(_, let key, _): key
      }
    let parts = key.split(separator: ".").map(String.init)
    guard let list = parts.firstIndex(where: { $0.contains("[") }) else { return parts.isEmpty ? nil : parts }
    return Array(parts[..<list]) + [String(parts[list].prefix { $0 != "[" })]
  }

  private static func line(_ location: String?, _ key: String, _ text: String) -> String {
    [location ?? "", key, text].filter { !$0.isEmpty }.joined(separator: ": ")
  }
}
