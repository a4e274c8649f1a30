import Files

/// A header of a tar archive: 512 bytes before each member, in the form of POSIX (ustar), of GNU or of earlier programs.
///
/// RTSeg reads headers itself. It needs where the bytes of each member lie, to read members in any order; libarchive and
/// its like hand them out one after the other and do not tell. The fields of the three forms are few.
struct TarHeader {
  static let size = 512
  /// The values of the field `typeflag` that stand for an ordinary file.
  private static let fileTypes = Array("07\0".utf8)

  private let bytes: [UInt8]
  /// The size of the content that follows.
  let contentSize: Int
  /// The kind of member: `0` for a file, `5` for a folder, and so on.
  let type: UInt8

  /// Reads a header.
  /// - Throws: `TarProblem` if the checksum or the size is wrong.
  init(_ bytes: [UInt8]) throws(TarProblem) {
    precondition(bytes.count == Self.size, "\(bytes.count) bytes of a header")
    self.bytes = bytes
    // The sum of all bytes with blanks in the place of the checksum.
    let sum = bytes.enumerated().reduce(0) { $0 + (148..<156 ~= $1.offset ? 0x20 : Int($1.element)) }
    guard Self.number(bytes[148..<156]) == sum else {
      throw TarProblem("the checksum of the header is wrong: the file is damaged, or no tar archive")
    }
    guard let size = Self.number(bytes[124..<136]) else { throw TarProblem("the size in the header is no number") }
    contentSize = size
    type = bytes[156]
  }

  var isFile: Bool { Self.fileTypes.contains(type) }

  /// The number of bytes of the content with those that fill the last block; nil for a size that no file can have.
  var paddedSize: Int? { Self.padded(contentSize) }

  /// The name, with the beginning of it that POSIX keeps apart.
  var name: [UInt8] {
    let name = Self.text(bytes[0..<100])
    let isPOSIX = bytes[257..<263].elementsEqual("ustar\0".utf8)
    let prefix = isPOSIX ? Self.text(bytes[345..<500]) : []
    return prefix.isEmpty ? name : prefix + [UInt8(ascii: "/")] + name
  }

  static func padded(_ size: Int) -> Int? {
    let (sum, overflows) = size.addingReportingOverflow(Self.size - 1)
    return overflows ? nil : sum & ~(Self.size - 1)
  }

  private static func text(_ field: ArraySlice<UInt8>) -> [UInt8] { Array(field.prefix { $0 != 0 }) }

  /// A number in octal digits, or in GNU's form: binary, marked by the highest bit.
  private static func number(_ field: ArraySlice<UInt8>) -> Int? {
    if let first = field.first, first & 0x80 != 0 {
      // The next highest bit is the sign.
      guard first & 0x40 == 0 else { return nil }
      let digits = [first & 0x3F] + field.dropFirst()
      guard digits.dropLast(8).allSatisfy({ $0 == 0 }) else { return nil }
      return Int(exactly: digits.suffix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }
    let text = field.drop { $0 == 0x20 }.prefix { $0 != 0x20 && $0 != 0 }
    guard !text.isEmpty, text.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "7")).contains($0) }) else { return nil }
    return text.reduce(0) { $0 << 3 | Int($1 - UInt8(ascii: "0")) }
  }
}

/// The reason why a tar archive cannot be used, without its place.
struct TarProblem: Error {
  let reason: String

  init(_ reason: String) { self.reason = reason }
}
