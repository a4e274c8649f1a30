import CImageCodecs
import Foundation
import SegmentationImage
import Testing

/// Expected hashes are those of Pillow's `ImageOps.exif_transpose`, printed by Fixtures/make_exif_fixtures.py. Odd
/// orientations are written in Intel's byte order, even ones in Motorola's (in PNG behind the picture).
@Suite struct OrientationTests {
  static let turned: [(String, Int, Int, UInt64)] = [
    ("orientation/1.jpg", 5, 7, 0xa4fa_efc7_209c_10dc),
    ("orientation/1.png", 5, 7, 0x7a80_b41e_73f0_a194),
    ("orientation/2.jpg", 5, 7, 0x643a_0db0_84e9_214c),
    ("orientation/2.png", 5, 7, 0x0298_2f0d_c0df_b714),
    ("orientation/3.jpg", 5, 7, 0x860f_6d3b_85ea_e238),
    ("orientation/3.png", 5, 7, 0x36a3_f076_d413_0b94),
    ("orientation/4.jpg", 5, 7, 0xed50_b981_56f4_6f78),
    ("orientation/4.png", 5, 7, 0x1f7b_d54a_ee49_9f34),
    ("orientation/5.jpg", 7, 5, 0xaa39_6b65_211d_17b8),
    ("orientation/5.png", 7, 5, 0xd101_ca27_a7b3_51b4),
    ("orientation/6.jpg", 7, 5, 0xa42c_0a2d_2980_31d8),
    ("orientation/6.png", 7, 5, 0x03fd_cda1_242e_8ef4),
    ("orientation/7.jpg", 7, 5, 0x889e_c623_c76f_0b4c),
    ("orientation/7.png", 7, 5, 0x1d79_6372_eb97_86b4),
    ("orientation/8.jpg", 7, 5, 0x6823_6761_da86_c1d4),
    ("orientation/8.png", 7, 5, 0xdf6d_5052_cec8_d3f4),
  ]

  @Test(arguments: turned) func imagesAreTurnedAsViewersShowThem(
    name: String, height: Int, width: Int, hash: UInt64
  ) throws {
    let image = try Image(contentsOf: Fixtures.url(name))
    #expect(image.size == ImageSize(height: height, width: width))
    #expect(Fixtures.hash(image.pixels) == hash)
    #expect(try ImageSize(ofImageAt: Fixtures.url(name).path) == image.size)
  }

  @Test(arguments: turned.map(\.0)) func storedPixelsAreReadIfAskedFor(name: String) throws {
    let upright = try Image(contentsOf: Fixtures.url(name.hasSuffix("png") ? "orientation/1.png" : "orientation/1.jpg"))
    let image = try Image(contentsOf: Fixtures.url(name), orientation: .ignore)
    #expect(image == upright)
    #expect(try ImageSize(ofImageAt: Fixtures.url(name).path, orientation: .ignore) == ImageSize(height: 5, width: 7))
  }

  @Test(arguments: turned.map(\.0)) func anyRowsOfATurnedImageAreThoseOfTheWhole(name: String) throws {
    try expectRows(of: name) { first, height in Array(first + 1...height) }
  }

  /// Larger than the tiles that turning works in.
  @Test(arguments: 1...8) func everyPixelOfALargeImageIsTurned(orientation: Int) {
    let (width, height) = (150, 133)
    let stored = (0..<width * height).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) }
    let columns = orientation >= 5 ? height : width
    var turned = [UInt8](repeating: 0, count: stored.count)
    ci_turn(
      stored, Int32(width), Int32(height), 1, Int32(orientation), 0, Int32(stored.count / columns), &turned)
    // Where each orientation stores the pixel that is shown at (x, y).
    for i in stored.indices {
      let (x, y) = (i % columns, i / columns)
      let (right, bottom) = (width - 1, height - 1)
      let place = [
        (x, y), (right - x, y), (right - x, bottom - y), (x, bottom - y),
        (y, x), (y, bottom - x), (right - y, bottom - x), (right - y, x),
      ][orientation - 1]
      guard turned[i] == stored[place.1 * width + place.0] else {
        Issue.record("(\(x), \(y)) differs")
        return
      }
    }
  }

  @Test func masksAreTurnedToo() throws {
    let mask = try Mask(contentsOf: Fixtures.url("orientation/mask.png"))
    #expect(mask.size == ImageSize(height: 7, width: 5))
    #expect(Fixtures.hash(mask.values) == 0xe0e1_5442_4df5_d4d8)
    #expect(try Mask(contentsOf: Fixtures.url("orientation/mask.png"), orientation: .ignore)[1, 0] == 1)
  }

  /// The first 64 KiB of a PNG do not tell its orientation if that follows the picture.
  @Test func sizesOfLargePNGsKnowAnOrientationAtTheEnd() throws {
    let bytes = try Fixtures.bytes("orientation/6.png")
    // IDAT chunks without content are allowed in any number.
    let empty: [UInt8] = [0, 0, 0, 0, 0x49, 0x44, 0x41, 0x54, 0x35, 0xAF, 0x06, 0x1E]
    let large = Array(bytes[..<33]) + (0..<7000).flatMap { _ in empty } + Array(bytes[33...])
    try Fixtures.withTemporaryFolder { folder in
      let file = folder.appending(path: "large.png")
      try Data(large).write(to: file)
      #expect(try ImageSize(ofImageAt: file.path) == ImageSize(height: 7, width: 5))
      #expect(try Image(contentsOf: file) == Image(contentsOf: Fixtures.url("orientation/6.png")))
    }
  }

  static let block: [UInt8] = [
    0x49, 0x49, 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0,
  ]

  @Test func damagedEXIFIsIgnored() {
    func orientation(_ bytes: [UInt8]) -> Int32 { ci_exif_orientation(bytes, bytes.count) }
    func changed(_ index: Int, _ value: UInt8) -> [UInt8] {
      var bytes = Self.block
      bytes[index] = value
      return bytes
    }
    #expect(orientation(Self.block) == 6)
    #expect(orientation(Array("Exif\0\0".utf8) + Self.block) == 6)
    for count in 0..<22 { #expect(orientation(Array(Self.block.prefix(count))) == 0) }
    #expect(orientation(changed(0, 0x4D)) == 0)  // no byte order
    #expect(orientation(changed(4, 0)) == 0)  // the directory lies in the header
    #expect(orientation(changed(7, 0xFF)) == 0)  // the directory lies far behind the end
    #expect(orientation(changed(4, 25)) == 0)  // half of its count lies behind the end
    #expect(orientation(changed(9, 0xFF)) == 6)  // more entries than there are
    #expect(orientation(changed(12, 4)) == 0)  // another type
    #expect(orientation(changed(14, 2)) == 0)  // two values
    #expect(orientation(changed(18, 0)) == 0 && orientation(changed(18, 9)) == 0)  // no orientation
  }

  /// Whatever the bytes of the EXIF segment are, the picture stays readable.
  @Test(arguments: ["orientation/5.jpg", "orientation/5.png"]) func damageToEXIFIsContained(name: String) throws {
    let whole = try Fixtures.bytes(name)
    let upright = try Image(contentsOf: Fixtures.url(name), orientation: .ignore)
    let start = try #require(whole.firstRange(of: [0x49, 0x49, 42, 0])).lowerBound
    for position in start..<start + 38 {
      for value: UInt8 in [0, 1, 0x7F, 0x80, 0xFF] {
        var bytes = whole
        bytes[position] = value
        try bytes.withUnsafeBufferPointer { bytes in
          let file = try EncodedImage(bytes, path: name)
          #expect(try file.decoded(.rgb).count == upright.pixels.count)
        }
      }
    }
  }

  @Test func theFirstValidOrientationOfSeveralSegmentsCounts() throws {
    let plain = try Fixtures.bytes("444.jpg")
    func segment(_ content: [UInt8]) -> [UInt8] { [0xFF, 0xE1, 0, UInt8(content.count + 2)] + content }
    let exif = Array("Exif\0\0".utf8)
    let damaged = segment(exif + Self.block.prefix(12))
    let segments = segment(Array("http://ns.adobe.com/xap/1.0/\0".utf8)) + damaged + [0xFF] + segment(exif + Self.block)
    let bytes = plain.prefix(2) + segments + plain.dropFirst(2)
    try Array(bytes).withUnsafeBufferPointer { bytes in
      let file = try EncodedImage(bytes, path: "several.jpg")
      #expect(file.orientation == 6 && file.size == ImageSize(height: 64, width: 48))
    }
  }
}
