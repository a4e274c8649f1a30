import Foundation
import SegmentationImage
import TestSupport
import Testing

/// TIFF, WebP, BMP and the rarer kinds of PNG. Fixtures/make_format_fixtures.py writes the files with Pillow, tifffile and
/// numpy, and prints the hashes of what these read from them.
@Suite struct FormatTests {
  @Test(
    arguments: [
      ("1.bmp", 0x8708_2ee1_e770_646e),
      ("24.bmp", 0xc442_cb93_ad57_acfe),
      ("32.bmp", 0xc442_cb93_ad57_acfe),
      ("4.bmp", 0x8e2a_ca59_325d_d6c4),
      ("555.bmp", 0xd10a_3944_a10d_82c0),
      ("565.bmp", 0xa802_04b6_2d7b_c885),
      ("8.bmp", 0x0465_a0e1_2770_e329),
      ("alpha.webp", 0xc442_cb93_ad57_acfe),
      ("bigtiff.tif", 0xc442_cb93_ad57_acfe),
      ("bits.tif", 0x8708_2ee1_e770_646e),
      ("cmyk.tif", 0xa8bb_13b9_257d_a14b),
      ("deflate.tif", 0xc442_cb93_ad57_acfe),
      ("fax.tif", 0x8708_2ee1_e770_646e),
      ("gray.bmp", 0x7335_241b_17f5_44bb),
      ("gray.tif", 0x7335_241b_17f5_44bb),
      ("gray1.png", 0xc951_5dc4_3a1e_6e41),
      ("gray2.png", 0x88cd_268f_bd46_0cf7),
      ("gray4.png", 0x0eb6_96bd_6c5d_b413),
      ("gray_trns.png", 0x7335_241b_17f5_44bb),
      ("jpeg.tif", 0x43b8_5858_0032_e1fc),
      ("lossless.webp", 0xc442_cb93_ad57_acfe),
      ("lossy.webp", 0xa2be_8517_6d78_8a6a),
      ("lzw.tif", 0xc442_cb93_ad57_acfe),
      ("mask.webp", 0x5f7f_d24a_36b3_e6e3),
      ("oriented.tif", 0xfd2d_9303_71f2_1ed6),
      ("oriented.webp", 0xfd2d_9303_71f2_1ed6),
      ("os2.bmp", 0xc442_cb93_ad57_acfe),
      ("overview.tif", 0xc442_cb93_ad57_acfe),
      ("packbits.tif", 0xc442_cb93_ad57_acfe),
      ("palette.tif", 0xb679_952b_a26e_d322),
      ("palette1.png", 0x3040_4aef_7b4e_409c),
      ("palette2.png", 0xd3af_830b_0273_3f94),
      ("palette4.png", 0x55e1_1e64_80a7_10b4),
      ("palette8.png", 0xd38a_a13d_c4ac_d9b4),
      ("planar.tif", 0xc442_cb93_ad57_acfe),
      ("rgb.tif", 0xc442_cb93_ad57_acfe),
      ("rgba.tif", 0xc442_cb93_ad57_acfe),
      ("rle4.bmp", 0x8e2a_ca59_325d_d6c4),
      ("rle8.bmp", 0x4255_e8d3_ba0f_7ef0),
      ("tiles.tif", 0xc442_cb93_ad57_acfe),
      ("top_down.bmp", 0xc442_cb93_ad57_acfe),
      ("lzma.tif", 0xc442_cb93_ad57_acfe),
      ("zstd.tif", 0xc442_cb93_ad57_acfe),
      ("three_bands.tif", 0xc442_cb93_ad57_acfe),
      ("webp.tif", 0xc442_cb93_ad57_acfe),
      ("old_deflate.tif", 0xc442_cb93_ad57_acfe),
      ("planar_tiles.tif", 0xc442_cb93_ad57_acfe),
      ("rgb16.tif", 0x6039_d866_4a44_9e69),
      ("big_endian.tif", 0x6039_d866_4a44_9e69),
      ("gray_alpha.tif", 0x7335_241b_17f5_44bb),
      ("white_is_zero.tif", 0x98f3_1600_d2c2_0c88),
      ("gray_alpha16.png", 0xd9be_719e_5c42_02f4),
      ("rgba16.png", 0x9ede_67f2_1d21_5fb5),
    ] as [(String, UInt64)])
  func colorsAreThoseOfOtherReaders(name: String, hash: UInt64) throws {
    let url = Fixtures.url("formats/\(name)")
    let image = try Image(contentsOf: url)
    #expect(Fixtures.hash(image.pixels) == hash)
    let isTurned = name.hasPrefix("oriented")
    #expect(image.size == (isTurned ? ImageSize(height: 37, width: 21) : ImageSize(height: 21, width: 37)))
    #expect(try ImageSize(ofImageAt: url.path) == image.size)
  }

  @Test(
    arguments: [
      ("mask.tif", 0xc8a4_31dc_a561_001f),
      ("mask32.tif", 0xc8a4_31dc_a561_001f),
      ("palette.tif", 0xc8a4_31dc_a561_001f),
      ("8.bmp", 0xc8a4_31dc_a561_001f),
      ("4.bmp", 0x6c16_d2e6_8f5d_b24f),
      ("rle8.bmp", 0xf405_330a_9f4e_6a93),
      ("rle4.bmp", 0x6c16_d2e6_8f5d_b24f),
      ("palette4.png", 0x6c16_d2e6_8f5d_b24f),
      ("mask.webp", 0xc8a4_31dc_a561_001f),
      ("bits.tif", 0x7aa0_b3c2_a90e_834c),
    ] as [(String, UInt64)])
  func valuesAreThoseOfOtherReaders(name: String, hash: UInt64) throws {
    #expect(Fixtures.hash(try Mask(contentsOf: Fixtures.url("formats/\(name)")).values) == hash)
  }

  @Test func sixteenBitValuesOfATIFFAreThoseOfTheFile() throws {
    try EncodedImage.reading(Fixtures.url("formats/mask16.tif").path) { file throws(ImageError) in
      // tifffile.imread("mask16.tif").astype("<u2")
      let values = try file.decoded(.wideValues)
      #expect(Fixtures.hash(values) == 0xae9b_38a9_8f8a_0ef4)
    }
  }

  @Test func sixteenBitsOfATIFFAreScaledByTheWhiteLevel() throws {
    let url = Fixtures.url("formats/rgb16.tif")
    // np.minimum(255, (rgb16 * 255 + 2047) // 4095)
    #expect(Fixtures.hash(try Image(contentsOf: url, white: 4095).pixels) == 0xf966_e355_5b0c_7c2a)
    try EncodedImage.reading(url.path) { file throws(ImageError) in
      let range = try file.wideRange()
      #expect(file.type == .uint16 && range == 5...4085)
    }
  }

  @Test(arguments: ["palette.tif", "8.bmp", "4.bmp", "palette4.png"]) func palettesAreThoseOfTheColors(name: String)
    throws
  {
    let url = Fixtures.url("formats/\(name)")
    let (mask, image) = (try Mask(contentsOf: url), try Image(contentsOf: url))
    try EncodedImage.reading(url.path) { file throws(ImageError) in
      #expect(file.isPalette)
      let palette = try file.palette()
      #expect(mask.colored(by: palette) == image)
    }
  }

  /// A file that is refused, as an image or as a mask, and why.
  struct Refusal: Sendable, CustomTestStringConvertible {
    var name: String
    var isMask = false
    var reason: String
    var testDescription: String { name }
  }

  @Test(arguments: [
    Refusal(name: "two_sizes.tif", reason: "the TIFF has 2 pages, expected 1: save each page as a file of its own"),
    Refusal(name: "five_pages.tif", reason: "the TIFF has 5 pages, expected 1: save each page as a file of its own"),
    Refusal(
      name: "five.tif",
      reason: "the TIFF has 5 channels that are no colors, expected gray, RGB, CMYK or a palette"),
    Refusal(name: "height.tif", reason: "the TIFF's values are of type float32, expected colors of 8 or 16 bits"),
    Refusal(name: "int16.tif", reason: "the TIFF's values are of type int16, expected colors of 8 or 16 bits"),
    Refusal(name: "animation.webp", reason: "the WebP is an animation: save its frames as images"),
    Refusal(
      name: "rgb.tif", isMask: true, reason: "a color image where a mask with one value in each pixel was expected"),
    Refusal(
      name: "24.bmp", isMask: true, reason: "a color image where a mask with one value in each pixel was expected"),
    Refusal(
      name: "lossless.webp", isMask: true,
      reason: "a color image where a mask with one value in each pixel was expected"),
    Refusal(
      name: "lossy.webp", isMask: true, reason: "is a WebP whose compression changes values; save masks as PNG"),
    Refusal(name: "jpeg.tif", isMask: true, reason: "is a TIFF whose compression changes values; save masks as PNG"),
    Refusal(name: "height.tif", isMask: true, reason: "the float32 value 1.25 at (1, 0) does not fit a mask's 8 bits"),
    Refusal(name: "mask16.tif", isMask: true, reason: "the uint16 value 300 at (0, 0) does not fit a mask's 8 bits"),
  ])
  func whatCannotBeTakenIsRefused(refusal: Refusal) {
    let url = Fixtures.url("formats/\(refusal.name)")
    let error = #expect(throws: ImageError.self) {
      if refusal.isMask { _ = try Mask(contentsOf: url) } else { _ = try Image(contentsOf: url) }
    }
    #expect(error?.reason == refusal.reason)
  }

  static let files = [
    "lzw.tif", "tiles.tif", "planar.tif", "planar_tiles.tif", "big_endian.tif", "bigtiff.tif", "jpeg.tif", "zstd.tif",
    "fax.tif", "palette.tif", "lossy.webp", "lossless.webp", "24.bmp", "4.bmp", "rle8.bmp", "oriented.tif",
  ]

  @Test(arguments: files) func anyRowsAreThoseOfTheWhole(name: String) throws {
    try expectRows(of: "formats/\(name)") { first, height in
      [first + 1, (first + height + 1) / 2, height].filter { $0 > first }
    }
  }

  /// TIFF files may have their directory, or text, at the end: what is cut off must show in the directory or the pixels.
  @Test(arguments: ["lzw.tif", "tiles.tif", "bigtiff.tif", "lossy.webp", "lossless.webp", "24.bmp", "rle8.bmp"])
  func everyTruncationIsAnError(name: String) throws {
    let bytes = try Fixtures.bytes("formats/\(name)")
    for count in stride(from: 0, to: bytes.count - 2, by: max(1, bytes.count / 60)) {
      Array(bytes.prefix(count)).withUnsafeBufferPointer { bytes in
        _ = #expect(throws: ImageError.self, "\(count) bytes") { try EncodedImage(bytes, path: name).decoded(.rgb) }
      }
    }
  }

  /// Damage gives an error of one line or a picture, nothing else.
  @Test(arguments: files) func damageIsContained(name: String) throws {
    let whole = try Fixtures.bytes("formats/\(name)")
    var state: UInt64 = 1
    func random(_ limit: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % limit
    }
    var errors = 0
    for _ in 0..<200 {
      var bytes = whole
      for _ in 0...random(3) { bytes[random(bytes.count)] = UInt8(random(256)) }
      // Half of the damage is done to the first bytes, which say the most.
      if random(2) == 0 { bytes[random(min(64, bytes.count))] = UInt8(random(256)) }
      do {
        try bytes.withUnsafeBufferPointer { buffer in
          let file = try EncodedImage(buffer, path: name)
          if file.size.area < 1 << 20 { _ = try file.decoded(.rgb) }
        }
      } catch let error as ImageError {
        errors += 1
        #expect(!error.reason.isEmpty && !error.reason.contains("\n"))
      }
    }
    #expect(errors > 10)
  }

  @Test func formatsAreToldByTheFirstBytes() throws {
    for (name, format) in [
      ("rgb.tif", ImageFormat.tiff), ("bigtiff.tif", .tiff), ("big_endian.tif", .tiff), ("lossy.webp", .webp),
      ("24.bmp", .bmp), ("os2.bmp", .bmp), ("gray1.png", .png),
    ] {
      #expect(ImageFormat(ofFileAt: Fixtures.url("formats/\(name)").path) == format, "\(name)")
    }
    #expect(ImageFormat(ofFileAt: Fixtures.url("make_fixtures.py").path) == nil)
    #expect(ImageFormat.list() == "PNG, JPEG, TIFF, WebP and BMP")
    for library in ["libjpeg", "libpng", "libtiff", "libwebp"] {
      #expect(ImageFormat.codecVersions.contains(library))
    }
  }
}
