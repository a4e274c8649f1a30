import Files

/// Reads the options of an element of a list, such as a rule for parameters. It refuses keys that are not known.
struct ListedOptions<Key: CodingKey & CaseIterable> {
  private let container: KeyedDecodingContainer<Key>
  private let kind: String

  /// - Parameter kind: A word for the element in messages, such as "a rule".
  init(_ decoder: any Decoder, kind: String) throws {
    self.kind = kind
    let known = Key.allCases.map(\.stringValue)
    let given = try decoder.container(keyedBy: OptionCodingKey.self)
    if let unknown = given.allKeys.map(\.stringValue).first(where: { !known.contains($0) }) {
      throw Self.refusal(
        decoder, "\(kind) with the keys \(known.joined(separator: ", ")), not '\(unknown.printable(limit: 40))'")
    }
    container = try decoder.container(keyedBy: Key.self)
  }

  func required<Value: Decodable>(_ key: Key) throws -> Value {
    guard let value: Value = try optional(key) else {
      throw DecodingError.dataCorruptedError(
        forKey: key, in: container, debugDescription: "\(kind) with the key \(key.stringValue)")
    }
    return value
  }

  func optional<Value: Decodable>(_ key: Key) throws -> Value? {
    do {
      return try container.decodeIfPresent(Value.self, forKey: key)
    } catch is DecodingError {
      throw DecodingError.dataCorruptedError(
        forKey: key, in: container,
        debugDescription: "\(kind) whose \(key.stringValue) is \(Self.spelling(of: Value.self))")
    }
  }

  private static func spelling(of type: Any.Type) -> String {
    switch type {
    case is any BinaryFloatingPoint.Type: "a number"
    case is any BinaryInteger.Type: "an integer"
    case is Bool.Type: "true or false"
    default: "text"
    }
  }

  private static func refusal(_ decoder: any Decoder, _ expected: String) -> DecodingError {
    .dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: expected))
  }
}
