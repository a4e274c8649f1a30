/// A value that an options struct refuses; the loader adds the file and the structs around it to the key.
public struct InvalidOption: Error, Equatable, CustomStringConvertible {
  /// The property's name, or a dotted path of names, seen from the struct that refuses it.
  public let name: String
  /// The values that were expected and the one that was found.
  public let reason: String

  /// A refusal of the property `name`.
  public init(_ name: String, _ reason: String) {
    self.name = name
    self.reason = reason
  }

  /// The key and the reason, in one line.
  public var description: String { "\(key): \(reason)" }

  /// The name as it stands in configuration files.
  package var key: String {
    name.split(separator: ".").map { OptionKey.snakeCase(String($0)) }.joined(separator: ".")
  }
}
