import Foundation

/// Writes raw frames with their times in the container NUT, which ffmpeg, ffplay and mpv read from a pipe.
///
/// One stream, version 3 of the format: a main header, a stream header, and for each frame a synchronization point and the
/// frame. All numbers of a frame are written out. The format is described at
/// https://ffmpeg.org/~michael/nut.txt.
package struct NutStream {
  /// How the bytes of a frame stand for pixels.
  package enum Layout: Sendable, Equatable {
    case rgb, gray, halved, full

    fileprivate var code: [UInt8] {
      switch self {
      case .rgb: Array("RGB".utf8) + [24]
      case .gray: Array("Y800".utf8)
      case .halved: Array("I420".utf8)
      case .full: Array("444P".utf8)
      }
    }
  }

  private let write: ([UInt8]) throws -> Void
  private var headers: [UInt8]?

  private static let prefixOfTimes: UInt64 = 1 << 7

  /// - Parameter write: Takes the stream's bytes.
  package init(
    layout: Layout, width: Int, height: Int, timeBase: VideoStream.Ratio, sampleAspect: VideoStream.Ratio?,
    write: @escaping ([UInt8]) throws -> Void
  ) {
    self.write = write
    headers =
      Array("nut/multimedia container\0".utf8)
      + Self.packet(0x4E4D_7A56_1F5F_04AD, Self.mainHeader(timeBase))
      + Self.packet(
        0x4E53_1140_5BF2_F9DB,
        Self.streamHeader(layout: layout, width: width, height: height, sampleAspect: sampleAspect))
  }

  /// Writes a frame.
  /// - Parameter time: In ticks of the time base, not negative.
  package mutating func add(_ frame: [UInt8], time: Int64) throws {
    let time = UInt64(max(0, time))
    var head = headers ?? []
    headers = nil
    head += Self.packet(0x4E4B_E4AD_EECA_4569, Self.number(time) + Self.number(0))
    // Flags: a frame that needs no other, with its time, its size and a checksum.
    let fields: [UInt8] =
      [0] + Self.number(1 | 8 | 32 | 64) + Self.number(time + Self.prefixOfTimes) + Self.number(UInt64(frame.count))
    head += fields + Self.checksum(fields)
    try write(head)
    try write(frame)
  }

  // MARK: - Headers

  private static func mainHeader(_ timeBase: VideoStream.Ratio) -> [UInt8] {
    let version = number(3), streams = number(1), distance = number(1 << 16)
    let times = number(1) + number(UInt64(timeBase.numerator)) + number(UInt64(timeBase.denominator))
    // Frame code 0 stands for frames that write all of their fields; the other 254 are not valid.
    let valid = number(4096) + number(6) + number(0) + number(1) + number(0) + number(0) + number(0) + number(1)
    let others = number(8192) + number(6) + number(0) + number(1) + number(0) + number(0) + number(0) + number(254)
    return version + streams + distance + times + valid + others + number(0)
  }

  private static func streamHeader(
    layout: Layout, width: Int, height: Int, sampleAspect: VideoStream.Ratio?
  ) -> [UInt8] {
    let place = number(0), video = number(0), code = number(4) + layout.code
    // The time base, the prefix of times as a power of 2, the longest distance of times, no delay, no flags, no data.
    let times = number(0) + number(7) + number(1 << 30) + number(0) + number(0) + number(0)
    let size = number(UInt64(width)) + number(UInt64(height))
    let aspect = number(UInt64(sampleAspect?.numerator ?? 0)) + number(UInt64(sampleAspect?.denominator ?? 0))
    return place + video + code + times + size + aspect + number(0)
  }

  private static func packet(_ code: UInt64, _ payload: [UInt8]) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: code >> (56 - 8 * $0)) } + number(UInt64(payload.count + 4)) + payload
      + checksum(payload)
  }

  /// A number of any size, seven bits per byte, the highest ones first.
  package static func number(_ value: UInt64) -> [UInt8] {
    var bytes = [UInt8(value & 0x7F)]
    var rest = value >> 7
    while rest > 0 {
      bytes.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    return bytes.reversed()
  }

  /// The CRC-32 of the polynomial 0x04C11DB7 from the highest bit on, from zero.
  package static func checksum(_ bytes: [UInt8]) -> [UInt8] {
    var sum: UInt32 = 0
    for byte in bytes {
      sum ^= UInt32(byte) << 24
      for _ in 0..<8 { sum = sum & 1 << 31 != 0 ? sum << 1 ^ 0x04C1_1DB7 : sum << 1 }
    }
    return (0..<4).map { UInt8(truncatingIfNeeded: sum >> (24 - 8 * $0)) }
  }
}
