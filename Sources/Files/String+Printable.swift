extension String {
  /// The text as it may be shown on a terminal or in a log: on one line, without characters that steer a terminal, and
  /// of at most `limit` characters. Control characters appear as `\n`, `\u{1B}`; bytes of names that are not UTF-8 as
  /// `\xE9`.
  package func printable(limit: Int = 1000) -> String {
    var text = ""
    for (count, scalar) in unicodeScalars.enumerated() {
      if count == limit {
        text += "..."
        break
      }
      switch scalar {
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case _ where scalar.properties.generalCategory == .control || Self.steers(scalar):
        text += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
      default:
        if let byte = FileName.escapedByte(scalar) {
          text += "\\x\(String(byte, radix: 16, uppercase: true))"
        } else {
          text.unicodeScalars.append(scalar)
        }
      }
    }
    return text
  }

  /// Characters that begin a line or turn the direction of writing.
  private static func steers(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x2028, 0x2029, 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069, 0xFEFF: true
    default: false
    }
  }
}
