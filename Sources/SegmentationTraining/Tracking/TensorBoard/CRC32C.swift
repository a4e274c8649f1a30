/// The checksum of event files: CRC-32 with Castagnoli's polynomial, as TensorFlow's record format uses it.
enum CRC32C {
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { value, _ in value >> 1 ^ (value & 1 == 1 ? 0x82F6_3B78 : 0) }
  }

  static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
    ~bytes.reduce(~0) { value, byte in value >> 8 ^ table[Int(UInt8(truncatingIfNeeded: value) ^ byte)] }
  }

  /// The checksum in the form that a file holds: rotated, plus a constant. That makes checksums of data that contain
  /// checksums useful too.
  static func masked(_ bytes: some Sequence<UInt8>) -> UInt32 {
    let value = checksum(bytes)
    return (value >> 15 | value << 17) &+ 0xA282_EAD8
  }
}
