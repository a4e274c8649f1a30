/// Writes numbers in as few bytes as they need: seven bits in each, the lowest first, and the highest bit if more follow.
struct NumberWriter {
  private(set) var bytes: [UInt8] = []

  /// - Parameter number: 0 or more.
  mutating func append(_ number: Int) {
    precondition(number >= 0, "\(number)")
    var rest = UInt64(number)
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  /// Writes a number with its sign and fraction: its bits in two halves.
  mutating func append(_ number: Double) {
    append(Int(number.bitPattern >> 32))
    append(Int(number.bitPattern & 0xFFFF_FFFF))
  }

  /// Writes a text with its length.
  mutating func append(_ text: String) {
    append(text.utf8.count)
    bytes.append(contentsOf: text.utf8)
  }
}

/// Reads what `NumberWriter` wrote, or bytes that only look like that.
struct NumberReader {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  /// Whether all bytes were read.
  var isAtEnd: Bool { rest.isEmpty }

  /// The next number; nil at the end, and for a number out of range.
  mutating func next(in range: ClosedRange<Int>) -> Int? {
    var (number, shift) = (UInt64(0), UInt64(0))
    while let byte = rest.popFirst(), shift < 63 {
      number |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return Int(exactly: number).flatMap { range.contains($0) ? $0 : nil } }
      shift += 7
    }
    return nil
  }

  /// The next number with sign and fraction; nil if there is none, and for an infinite one.
  mutating func nextFinite() -> Double? {
    guard let high = next(in: 0...0xFFFF_FFFF), let low = next(in: 0...0xFFFF_FFFF) else { return nil }
    let number = Double(bitPattern: UInt64(high) << 32 | UInt64(low))
    return number.isFinite ? number : nil
  }

  /// The next text of at most `limit` bytes; nil if there is none.
  mutating func text(limit: Int) -> String? {
    guard let count = next(in: 0...limit), count <= rest.count else { return nil }
    defer { rest = rest.dropFirst(count) }
    return String(validating: rest.prefix(count), as: UTF8.self)
  }
}
