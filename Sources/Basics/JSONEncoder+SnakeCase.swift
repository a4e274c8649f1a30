import Foundation

extension JSONEncoder {
  /// An encoder whose keys are the properties' names in snake case, sorted; dates are written as ISO 8601 has it.
  package static func snakeCase(indented: Bool = false) -> JSONEncoder {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.dateEncodingStrategy = .iso8601
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    if indented { encoder.outputFormatting.insert(.prettyPrinted) }
    return encoder
  }
}
