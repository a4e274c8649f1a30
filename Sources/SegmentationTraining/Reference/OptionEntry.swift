/// One key of a configuration: what it takes, what it is by default, and what it means.
package struct OptionEntry: Sendable, Equatable {
  /// One of the values that a key takes.
  package struct Choice: Sendable, Equatable {
    package let value: String
    package let meaning: String
  }

  /// The dotted key, such as `optimizer.learning_rate`.
  package let key: String
  /// The type that the key takes, such as "an integer" or "text or null". A section, which holds other keys, takes "options".
  package let type: String
  /// The default value as YAML on one line.
  package let defaultValue: String
  /// The part of the type's values that the key takes, such as "1 to 1000000"; nil if it takes all.
  package let range: String?
  /// The meaning in plain sentences.
  package let meaning: String
  /// The values that the key takes, if they are a fixed few.
  package let choices: [Choice]
  /// Whether the key is a section, which holds other keys.
  package let isSection: Bool
  /// The dotted key of the section around this key that is off by default; nil if there is none.
  package let optionalSection: String?

  /// The parts of the key.
  var path: [String] { key.split(separator: ".").map(String.init) }

  /// The default value as people write it; nothing for null and for an empty text.
  package var shownDefault: String? {
    if ["null", "''", ""].contains(defaultValue) { return nil }
    return choices.first { "'\($0.value)'" == defaultValue }?.value ?? defaultValue
  }

  /// The values that the key takes, in words.
  package var values: String {
    guard type.hasSuffix(Self.orNull) else { return values(of: type) }
    return "\(values(of: String(type.dropLast(Self.orNull.count)))), or null"
  }

  private static let orNull = " or null"

  private func values(of type: String) -> String {
    guard var range else { return type }
    if range.hasSuffix(", or null") { range.removeLast(", or null".count) }
    // A bound follows the type; other ranges name the kind of value themselves.
    let isBound = ["above ", "at least ", "between ", "sides ", "-"].contains(where: range.hasPrefix)
    return isBound || range.first?.isNumber == true ? "\(type), \(range)" : range
  }

  /// The first sentence of the meaning.
  package var summary: String {
    guard let end = meaning.firstRange(of: ". ") else { return meaning }
    return String(meaning[..<end.lowerBound]) + "."
  }
}
