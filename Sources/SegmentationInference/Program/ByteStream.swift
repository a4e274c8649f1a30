import Torch

/// Bytes in the order of a `.rtseg` file: little-endian, without gaps.
struct ByteStream {
  private(set) var bytes: [UInt8] = []

  mutating func append(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  mutating func append(_ value: Float) { append(value.bitPattern) }

  mutating func append(_ value: Double) { append(value.bitPattern) }

  mutating func append(_ flag: Bool) { append(UInt8(flag ? 1 : 0)) }

  /// Appends a number that the format keeps in 32 bits.
  mutating func append(int value: Int) { append(Int32(value)) }

  /// Appends the number of a weight or a tensor, or -1 for none.
  mutating func append(index: Int?) { append(Int32(index ?? -1)) }

  mutating func append(_ text: String) {
    let text = Array(text.utf8.prefix(4096))
    append(UInt32(text.count))
    bytes += text
  }

  mutating func append<Element>(list: [Element], _ body: (inout ByteStream, Element) -> Void) {
    append(UInt32(list.count))
    for element in list { body(&self, element) }
  }

  mutating func append(_ pair: IntPair) {
    append(int: pair.height)
    append(int: pair.width)
  }

  /// Appends zeros up to a multiple of `alignment`.
  mutating func align(to alignment: Int) {
    bytes.append(contentsOf: [UInt8](repeating: 0, count: (alignment - bytes.count % alignment) % alignment))
  }

  mutating func append(contentsOf more: UnsafeRawBufferPointer) { bytes.append(contentsOf: more) }

  mutating func append(contentsOf more: [UInt8]) { bytes += more }
}
