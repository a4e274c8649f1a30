import Foundation
import SegmentationImage
import TestSupport

extension TemporaryFolder {
  /// Puts an EXIF orientation into a PNG file, as a chunk before the picture.
  static func setOrientation(_ orientation: UInt8, ofPNGAt path: String) throws {
    let block: [UInt8] =
      [0x4D, 0x4D, 0, 42, 0, 0, 0, 8, 0, 1] + [1, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0] + [0, 0, 0, 0]
    let content = Array("eXIf".utf8) + block
    let checksum = ~content.reduce(UInt32.max) { crc, byte in
      (0..<8).reduce(crc ^ UInt32(byte)) { crc, _ in crc >> 1 ^ (crc & 1 == 1 ? 0xEDB8_8320 : 0) }
    }
    var bytes = try Data(contentsOf: URL(filePath: path))
    bytes.insert(
      contentsOf: [0, 0, 0, UInt8(block.count)] + content + [24, 16, 8, 0].map { UInt8(checksum >> $0 & 255) }, at: 33)
    try bytes.write(to: URL(filePath: path))
  }

  /// The pixels that a camera stores for an image that viewers turn by orientation 6 (a quarter to the right).
  static func storedForOrientation6(_ shown: Image) -> Image {
    var stored = Image(height: shown.width, width: shown.height)
    for y in 0..<shown.height { for x in 0..<shown.width { stored[y, shown.width - 1 - x] = shown[x, y] } }
    return stored
  }

  /// A gray image of 5x7 pixels and 16 bits, whose values rise from 0 to 4095.
  static let gray12 = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "SegmentationImageTests/Fixtures/gray12.png").path
}
