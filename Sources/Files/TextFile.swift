/// Text that people and their editors wrote.
package enum TextFile {
  /// Reads a text of at most `limit` bytes: UTF-8 with or without a byte order mark, or UTF-16 with one.
  /// - Throws: `FileError`, also for bytes that are no text.
  package static func read(_ path: String, limit: Int = 1 << 26) throws(FileError) -> String {
    let bytes = try InputFile.contents(of: path, limit: limit)
    guard let text = decode(bytes) else {
      throw FileError("read", path, reason: "it is not UTF-8 text; save it as UTF-8")
    }
    return text
  }

  static func decode(_ bytes: [UInt8]) -> String? {
    let text: String?
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
      text = String(validating: bytes.dropFirst(3), as: UTF8.self)
    } else if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
      text = decodeUTF16(bytes.dropFirst(2), isLittleEndian: bytes[0] == 0xFF)
    } else {
      text = String(validating: bytes, as: UTF8.self)
    }
    guard let text, !text.utf8.contains(0) else { return nil }
    return text
  }

  private static func decodeUTF16(_ bytes: ArraySlice<UInt8>, isLittleEndian: Bool) -> String? {
    guard bytes.count % 2 == 0 else { return nil }
    let units = stride(from: bytes.startIndex, to: bytes.endIndex, by: 2).map { i in
      isLittleEndian
        ? UInt16(bytes[i]) | UInt16(bytes[i + 1]) << 8 : UInt16(bytes[i]) << 8 | UInt16(bytes[i + 1])
    }
    return String(validating: units, as: UTF16.self)
  }
}
