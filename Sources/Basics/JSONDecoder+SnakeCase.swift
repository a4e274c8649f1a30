import Foundation

extension JSONDecoder {
  /// A decoder for what `JSONEncoder.snakeCase` writes.
  package static func snakeCase() -> JSONDecoder {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    decoder.dateDecodingStrategy = .iso8601
    return decoder
  }
}
