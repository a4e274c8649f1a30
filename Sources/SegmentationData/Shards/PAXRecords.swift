import Files

/// The records of POSIX's extended headers: lines `LENGTH KEY=VALUE`, whose length counts all of the line.
struct PAXRecords {
  private(set) var path: [UInt8]?
  private(set) var size: Int?

  /// Reads the records of a header.
  /// - Parameters:
  ///   - place: The header's place in the archive.
  ///   - failure: Makes the error of a place.
  init(_ bytes: [UInt8], _ place: Int, _ failure: (Int, String) -> DataError) throws(DataError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      guard digits.count <= 8, let length = Int(String(decoding: digits, as: UTF8.self)), length <= rest.count,
        length > digits.count + 1, rest[rest.startIndex + length - 1] == UInt8(ascii: "\n"),
        rest[digits.endIndex] == UInt8(ascii: " ")
      else { throw failure(place, "the extended header is damaged") }
      let record = rest.prefix(length - 1).dropFirst(digits.count + 1)
      rest = rest.dropFirst(length)
      guard let sign = record.firstIndex(of: UInt8(ascii: "=")) else {
        throw failure(place, "the extended header is damaged")
      }
      try take(String(decoding: record[..<sign], as: UTF8.self), record[(sign + 1)...], place, failure)
    }
  }

  private mutating func take(
    _ key: String, _ value: ArraySlice<UInt8>, _ place: Int, _ failure: (Int, String) -> DataError
  ) throws(DataError) {
    switch key {
    case "path": path = Array(value)
    case "size":
      guard value.count <= 18, let number = Int(String(decoding: value, as: UTF8.self)), number >= 0 else {
        throw failure(place, "the size in the extended header is no number")
      }
      size = number
    case _ where key.hasPrefix("GNU.sparse."):
      throw failure(place, "a file with holes (GNU's sparse files), which is not read")
    default: break
    }
  }
}
