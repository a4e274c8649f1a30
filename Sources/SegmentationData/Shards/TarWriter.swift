import Files

/// Lays out a tar archive: POSIX's ustar, with extended headers for names that do not fit. The bytes depend on the names
/// and contents alone: times, owners and modes are the same for all members.
struct TarWriter {
  /// The bytes that are written before a member's content.
  struct Header {
    let bytes: [UInt8]
    let member: TarMember
    /// The zeros that fill the last block of the content.
    var padding: [UInt8] { [UInt8](repeating: 0, count: TarHeader.padded(member.size)! - member.size) }
  }

  /// Programs write archives in records of twenty blocks.
  private static let recordSize = 20 * TarHeader.size

  /// The bytes that are laid out so far.
  private(set) var size = 0

  /// Lays out a member.
  mutating func add(_ name: [UInt8], size contentSize: Int) -> Header {
    var bytes: [UInt8] = []
    let (prefix, rest) = Self.split(name) ?? ([], Array(name.prefix(100)))
    if Self.split(name) == nil {
      let record = Self.record("path", name)
      bytes += Self.block(Array("pax/path".utf8), prefix: [], size: record.count, type: "x") + record
      bytes += [UInt8](repeating: 0, count: TarHeader.padded(record.count)! - record.count)
    }
    bytes += Self.block(rest, prefix: prefix, size: contentSize, type: "0")
    let member = TarMember(name: name, offset: size + bytes.count, size: contentSize)
    size = member.offset + TarHeader.padded(contentSize)!
    return Header(bytes: bytes, member: member)
  }

  /// The end of the archive: two empty blocks, and zeros up to a whole record.
  var end: [UInt8] {
    let whole = (size + 2 * TarHeader.size + Self.recordSize - 1) / Self.recordSize * Self.recordSize
    return [UInt8](repeating: 0, count: whole - size)
  }

  /// The two parts in which a header holds a name; nil if it does not fit.
  private static func split(_ name: [UInt8]) -> (prefix: [UInt8], rest: [UInt8])? {
    if name.count <= 100 { return ([], name) }
    // The first slash behind which the rest fits.
    guard let slash = name[max(0, name.count - 101)...].firstIndex(of: UInt8(ascii: "/")), (1...155).contains(slash),
      slash < name.count - 1
    else { return nil }
    return (Array(name[..<slash]), Array(name[(slash + 1)...]))
  }

  /// A record of an extended header. Its length counts its own digits.
  private static func record(_ key: String, _ value: [UInt8]) -> [UInt8] {
    let rest = Array(" \(key)=".utf8) + value + [UInt8(ascii: "\n")]
    var length = rest.count
    while "\(length)".utf8.count + rest.count != length { length = "\(length)".utf8.count + rest.count }
    return Array("\(length)".utf8) + rest
  }

  private static func block(_ name: [UInt8], prefix: [UInt8], size: Int, type: Character) -> [UInt8] {
    func octal(_ number: Int, _ digits: Int) -> [UInt8] {
      let text = String(number, radix: 8)
      return Array((String(repeating: "0", count: digits - text.utf8.count) + text + "\0").utf8)
    }
    var block = [UInt8](repeating: 0, count: TarHeader.size)
    func put(_ bytes: [UInt8], at place: Int) { block.replaceSubrange(place..<place + bytes.count, with: bytes) }
    put(name, at: 0)
    put(octal(0o644, 7), at: 100)
    put(octal(0, 7), at: 108)
    put(octal(0, 7), at: 116)
    put(octal(size, 11), at: 124)
    put(octal(0, 11), at: 136)
    put([UInt8](repeating: 0x20, count: 8), at: 148)
    put(Array("\(type)".utf8), at: 156)
    put(Array("ustar\0".utf8) + Array("00".utf8), at: 257)
    put(octal(0, 7), at: 329)
    put(octal(0, 7), at: 337)
    put(prefix, at: 345)
    put(octal(block.reduce(0) { $0 + Int($1) }, 6) + [0x20], at: 148)
    return block
  }
}
