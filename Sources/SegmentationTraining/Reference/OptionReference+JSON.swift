import Foundation

extension OptionReference {
  private struct Row: Encodable {
    let key: String
    let type: String
    let values: String
    let defaultValue: String?
    let meaning: String
    let choices: [String]?

    enum CodingKeys: String, CodingKey {
      case key, type, values, meaning, choices
      case defaultValue = "default"
    }
  }

  /// The keys as a JSON list of objects with `key`, `type`, `values`, `default` (as YAML), `meaning` and `choices`.
  package func json(_ entries: [OptionEntry]) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let rows = entries.map { entry in
      Row(
        key: entry.key, type: entry.type, values: entry.values,
        defaultValue: entry.defaultValue.isEmpty ? nil : entry.defaultValue, meaning: entry.meaning,
        choices: entry.choices.isEmpty ? nil : entry.choices.map(\.value))
    }
    return String(decoding: try encoder.encode(rows), as: UTF8.self)
  }
}
