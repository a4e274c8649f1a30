import Foundation
import SegmentationImage
import Testing

@Suite struct ImageTests {
  // np.array(Image.open(name).convert("RGB")); see Fixtures/make_fixtures.py and, for inks, Fixtures/make_exif_fixtures.py
  @Test(
    arguments: [
      ("rgb.png", 23, 31, 0xd0cb_3ad2_4e69_7739),
      ("gray.png", 23, 31, 0xe7d0_4c09_f749_a88f),
      ("rgba.png", 23, 31, 0xd0cb_3ad2_4e69_7739),
      ("gray_alpha.png", 23, 31, 0xe7d0_4c09_f749_a88f),
      ("palette4.png", 23, 31, 0x38e0_c690_f2fa_cb5b),
      ("interlaced.png", 3, 3, 0x86a5_e8f9_ed42_6072),
      ("444.jpg", 48, 64, 0x4054_b45f_8a94_76ed),
      ("420.jpg", 48, 64, 0x36d8_20cb_187a_2340),
      ("gray.jpg", 48, 64, 0xa556_9600_6d2c_944c),
      ("progressive.jpg", 48, 64, 0x468d_31d7_bc21_6d24),
      ("cmyk.jpg", 48, 64, 0x51cf_2707_eacb_466f),
      ("inks.jpg", 48, 64, 0x236f_8ac3_9dfc_fe50),
      ("ycck.jpg", 48, 64, 0x832f_08d8_4b41_3de8),
      ("inks_plain.jpg", 48, 64, 0xa969_6547_88a5_7d12),
      ("rgb16.png", 23, 31, 0xd0cb_3ad2_4e69_7739),
    ] as [(String, Int, Int, UInt64)])
  func decodesAsPillowDoes(name: String, height: Int, width: Int, hash: UInt64) throws {
    let image = try Image(contentsOf: Fixtures.url(name))
    #expect(image.size == ImageSize(height: height, width: width))
    #expect(Fixtures.hash(image.pixels) == hash)
    #expect(try ImageSize(ofImageAt: Fixtures.url(name).path) == image.size)
  }

  @Test func contentTellsTheFormatNotTheName() throws {
    try Fixtures.withTemporaryFolder { folder in
      let misnamed = folder.appending(path: "picture.png")
      try FileManager.default.copyItem(at: Fixtures.url("444.jpg"), to: misnamed)
      #expect(try Image(contentsOf: misnamed) == Image(contentsOf: Fixtures.url("444.jpg")))
    }
  }

  @Test(arguments: ["rgb.png", "interlaced.png", "palette4.png", "444.jpg", "420.jpg", "progressive.jpg"])
  func everyTruncationIsAnError(name: String) throws {
    let bytes = try Fixtures.bytes(name)
    try Fixtures.withTemporaryFolder { folder in
      let file = folder.appending(path: name)
      // JPEG's end marker itself may be missing without loss; all before it may not.
      for count in stride(from: 0, to: bytes.count - 2, by: max(1, bytes.count / 60)) {
        try Data(bytes.prefix(count)).write(to: file)
        let error = #expect(throws: ImageError.self, "\(count) bytes") { try Image(contentsOf: file) }
        #expect(error?.path == file.path)
        #expect(error?.description.contains("\n") == false)
      }
    }
  }

  @Test func damageIsAnError() throws {
    try Fixtures.withTemporaryFolder { folder in
      var bytes = try Fixtures.bytes("rgb.png")
      bytes[bytes.count / 2] ^= 0x55
      let file = folder.appending(path: "damaged.png")
      try Data(bytes).write(to: file)
      #expect(throws: ImageError.self) { try Image(contentsOf: file) }
    }
  }

  @Test func errorsNameTheFileAndTheReason() throws {
    func reason(_ url: URL) -> String? {
      do {
        _ = try Image(contentsOf: url)
        return nil
      } catch {
        return error.path == url.path ? error.reason : "another path"
      }
    }
    #expect(reason(Fixtures.url("missing.png")) == "cannot be read: No such file or directory")
    #expect(reason(Fixtures.folder) == "cannot be read: it is a folder")
    #expect(reason(Fixtures.url("make_fixtures.py")) == "no PNG, JPEG, TIFF, WebP or BMP file")
    #expect(reason(Fixtures.url("bomb.png"))?.hasPrefix("the image is too large (60000x60000") == true)
    try Fixtures.withTemporaryFolder { folder in
      let empty = folder.appending(path: "empty.png")
      try Data().write(to: empty)
      #expect(reason(empty) == "the file is empty")
    }
  }

  // np.minimum(255, (gray * 255 + white // 2) // white); see Fixtures/make_exif_fixtures.py
  @Test(arguments: [(4095, 0x7605_bbfb_c171_2bd4), (1000, 0x9a6b_32f9_61d9_8fd7)] as [(Int, UInt64)])
  func sixteenBitsAreScaledByTheWhiteLevel(white: Int, hash: UInt64) throws {
    let image = try Image(contentsOf: Fixtures.url("gray12.png"), white: white)
    #expect(Fixtures.hash(image.pixels) == hash)
    let bytes = try Fixtures.bytes("gray12.png")
    try bytes.withUnsafeBufferPointer { bytes in
      let file = try EncodedImage(bytes, path: "gray12.png")
      #expect(try file.bitDepth == 16 && file.wideRange() == 0...4095)
      var row = [UInt8](repeating: 0, count: 21)
      try file.decode(.rgb, rows: 2..<3, white: white, into: &row)
      #expect(row == Array(image.pixels[42..<63]))
    }
    // Images of 8 bits stay as they are.
    #expect(
      try Image(contentsOf: Fixtures.url("rgb.png"), white: white) == Image(contentsOf: Fixtures.url("rgb.png")))
  }

  @Test func pngKeepsEveryPixel() throws {
    let image = try Image(contentsOf: Fixtures.url("rgb.png"))
    try Fixtures.withTemporaryFolder { folder in
      let file = folder.appending(path: "out.png")
      try image.write(to: file)
      #expect(try Image(contentsOf: file) == image)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["out.png"])
    }
  }

  @Test func jpegKeepsThePictureWithinItsQuality() throws {
    let image = try Image(contentsOf: Fixtures.url("444.jpg"))
    try Fixtures.withTemporaryFolder { folder in
      func error(_ quality: Int) throws -> Double {
        let file = folder.appending(path: "out.jpg")
        try image.write(to: file, quality: quality)
        let back = try Image(contentsOf: file)
        let sum = zip(image.pixels, back.pixels).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
        return Double(sum) / Double(image.pixels.count)
      }
      let (fine, coarse) = (try error(95), try error(20))
      #expect(fine < 8)
      #expect(fine < coarse)
    }
  }

  @Test func writingWhereItCannotLeavesNothing() throws {
    let image = Image(height: 4, width: 4, filledWith: RGB(1, 2, 3))
    try Fixtures.withTemporaryFolder { folder in
      let taken = folder.appending(path: "taken.png")
      try FileManager.default.createDirectory(at: taken, withIntermediateDirectories: true)
      let error = #expect(throws: ImageError.self) { try image.write(to: taken) }
      #expect(error?.reason.hasPrefix("cannot be written") == true)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["taken.png"])
      #expect(throws: ImageError.self) { try image.write(to: folder.appending(path: "none/out.png")) }
    }
  }

  // cv2.resize(rgb, (w, h), interpolation=cv2.INTER_LINEAR), bit for bit
  @Test(
    arguments: [
      (23, 31, 0xd0cb_3ad2_4e69_7739),
      (11, 15, 0x95f0_55ad_7cd5_c47a),
      (46, 62, 0x8f60_81da_e136_4126),
      (12, 16, 0x466b_b529_f4ad_5cdc),
      (40, 37, 0x9328_5337_662d_ee77),
      (7, 90, 0x0b83_5cc2_4ff3_48bd),
      (1, 1, 0x692d_3319_4ef4_9033),
      (24, 32, 0x65d5_5d37_019e_d793),
      (300, 3, 0x2ebb_bc88_0aac_80ae),
      (22, 30, 0x5493_583c_9021_a005),
    ] as [(Int, Int, UInt64)])
  func resizesAsOpenCVDoes(height: Int, width: Int, hash: UInt64) throws {
    let image = try Image(contentsOf: Fixtures.url("rgb.png"))
    #expect(Fixtures.hash(image.resized(to: ImageSize(height: height, width: width)).pixels) == hash)
  }

  // The same of rgb[:, :1] to 5x4 and of rgb[:22, :30] halved, where OpenCV takes other paths.
  @Test func resizesOneColumnAndByHalfAsOpenCVDoes() throws {
    let image = try Image(contentsOf: Fixtures.url("rgb.png"))
    func cropped(_ height: Int, _ width: Int) -> Image {
      var result = Image(height: height, width: width)
      for y in 0..<height { for x in 0..<width { result[x, y] = image[x, y] } }
      return result
    }
    #expect(
      Fixtures.hash(cropped(23, 1).resized(to: ImageSize(height: 5, width: 4)).pixels) == 0xa6a1_a66a_d8b8_73ed)
    #expect(
      Fixtures.hash(cropped(22, 30).resized(to: ImageSize(height: 11, width: 15)).pixels) == 0x4210_977f_ad02_3c89)
  }

  @Test func blendsByAlpha() {
    let image = Image(height: 1, width: 2, pixels: [0, 100, 255, 10, 20, 30])
    let other = Image(height: 1, width: 2, pixels: [255, 100, 0, 30, 0, 31])
    #expect(image.blended(with: other, alpha: 0) == image)
    #expect(image.blended(with: other, alpha: 1) == other)
    // np.rint(0.7 * image + 0.3 * other)
    #expect(image.blended(with: other, alpha: 0.3).pixels == [77, 100, 178, 16, 14, 30])
  }

  @Test func overlayTakesThePalettesColors() {
    let image = Image(height: 1, width: 3, filledWith: RGB(100, 100, 100))
    let mask = Mask(height: 1, width: 3, values: [0, 1, 9])
    let palette = Palette([RGB(200, 0, 100), RGB(0, 200, 100)])
    #expect(
      image.overlaid(with: mask, palette: palette, alpha: 0.5).pixels == [150, 50, 100, 50, 150, 100, 50, 50, 50])
  }
}
