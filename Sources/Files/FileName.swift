/// File names as text and back, also names that are not UTF-8.
///
/// Systems store names as bytes. A byte that is not part of valid UTF-8 becomes a character of its own in Unicode's
/// private area (U+F780 to U+F7FF for 0x80 to 0xFF), so that a listed name still opens its file. Every function of this
/// library that takes a path turns such characters back into bytes; `String.printable` shows them as `\xE9`.
package enum FileName {
  private static let escapeBase: UInt32 = 0xF700
  private static let escapes: ClosedRange<UInt32> = 0xF780...0xF7FF

  /// The text that stands for a name's bytes.
  package static func text(_ bytes: some Collection<UInt8>) -> String {
    // Nearly all names, of which a data set may have millions.
    if bytes.allSatisfy({ $0 < 0x80 }) { return String(decoding: bytes, as: UTF8.self) }
    if let text = String(validating: bytes, as: UTF8.self), !text.unicodeScalars.contains(where: isEscape) {
      return text
    }
    var text = String.UnicodeScalarView()
    var rest = Array(bytes)[...]
    while let first = rest.first {
      let length = (1...4).first { length in
        guard length <= rest.count, let one = String(validating: rest.prefix(length), as: UTF8.self) else {
          return false
        }
        return one.unicodeScalars.count == 1 && !isEscape(one.unicodeScalars.first!)
      }
      if let length {
        text.append(contentsOf: String(decoding: rest.prefix(length), as: UTF8.self).unicodeScalars)
      } else {
        text.append(Unicode.Scalar(escapeBase + UInt32(first))!)
      }
      rest = rest.dropFirst(length ?? 1)
    }
    return String(text)
  }

  /// The bytes of the name that a text stands for.
  package static func bytes(_ text: String) -> [UInt8] {
    guard text.utf8.contains(where: { $0 >= 0x80 }), text.unicodeScalars.contains(where: isEscape) else {
      return Array(text.utf8)
    }
    return text.unicodeScalars.flatMap { scalar in
      escapedByte(scalar).map { [$0] } ?? Array(String(scalar).utf8)
    }
  }

  /// Calls `body` with a path as the system's functions take it.
  package static func withCString<Result>(_ path: String, _ body: (UnsafePointer<CChar>) throws -> Result) rethrows
    -> Result
  {
    try (bytes(path) + [0]).withUnsafeBytes { try body($0.baseAddress!.assumingMemoryBound(to: CChar.self)) }
  }

  /// The byte that a character stands for, or nil for ordinary characters.
  static func escapedByte(_ scalar: Unicode.Scalar) -> UInt8? {
    isEscape(scalar) ? UInt8(scalar.value - escapeBase) : nil
  }

  private static func isEscape(_ scalar: Unicode.Scalar) -> Bool { escapes.contains(scalar.value) }
}
