/// The bytes of a file, read one after another.
struct ByteCursor {
  let bytes: [UInt8]
  var position: Int
  let file: String

  var truncated: CheckpointError {
    CheckpointError(file, "the file is truncated or damaged", expected: "more than \(bytes.count) bytes")
  }

  mutating func byte() throws -> UInt8 {
    guard position < bytes.count else { throw truncated }
    defer { position += 1 }
    return bytes[position]
  }

  mutating func take(_ count: Int) throws -> ArraySlice<UInt8> {
    guard count >= 0, count <= bytes.count - position else { throw truncated }
    defer { position += count }
    return bytes[position..<position + count]
  }

  /// A little-endian integer.
  mutating func integer<Value: FixedWidthInteger>(_ type: Value.Type) throws -> Value {
    try take(Value.bitWidth / 8).reversed().reduce(0) { $0 << 8 | Value(truncatingIfNeeded: $1) }
  }

  /// A length, given by a little-endian integer.
  mutating func length<Value: FixedWidthInteger>(_ type: Value.Type) throws -> Int {
    guard let length = Int(exactly: try integer(type)) else { throw truncated }
    return length
  }

  mutating func text(_ count: Int) throws -> String {
    guard let text = String(validating: try take(count), as: UTF8.self) else {
      throw CheckpointError(file, "the file is damaged: text that is not UTF-8 before byte \(position)")
    }
    return text
  }

  /// Text up to the end of the line.
  mutating func line() throws -> String {
    guard let end = bytes[position...].firstIndex(of: UInt8(ascii: "\n")) else { throw truncated }
    defer { position = end + 1 }
    return try text(end - position)
  }
}
