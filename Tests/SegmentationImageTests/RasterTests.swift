import Foundation
import SegmentationImage
import TestSupport
import Testing

@Suite struct RasterTests {
  private func bytes(_ values: [Float]) -> [UInt8] {
    values.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } }
  }

  /// Fixtures/make_format_fixtures.py: what tifffile, Pillow and numpy read, as float32. Pixels without data are `numpy.nan`.
  @Test(
    arguments: [
      ("height.tif", 1, 0x0a7d_c594_bd89_e883),
      ("float64.tif", 1, 0x3bd8_3c4d_3396_81c6),
      ("float16.tif", 1, 0x3bd8_3c4d_3396_81c6),
      ("int16.tif", 1, 0x7f77_1530_c1c3_87e0),
      ("five.tif", 5, 0x567f_c5c9_b4bd_ea71),
      ("rgba.tif", 4, 0xc59c_3d1c_7200_a776),
      ("gray_alpha.tif", 2, 0xa1c5_ddfe_132a_bdfd),
      ("rgb16.tif", 3, 0x01a9_747e_fe56_35f2),
      ("big_endian.tif", 3, 0x01a9_747e_fe56_35f2),
      ("cmyk.tif", 4, 0x7bd8_ef12_a048_e43e),
      ("five_planar.tif", 5, 0x567f_c5c9_b4bd_ea71),
      ("five_pages.tif", 5, 0x567f_c5c9_b4bd_ea71),
      ("gray_alpha16.png", 2, 0xd09d_f97e_8e98_2071),
      ("rgba16.png", 4, 0xdb97_0c22_f706_88f1),
      ("lossless.webp", 3, 0xffe6_29b8_9492_405b),
      ("24.bmp", 3, 0xffe6_29b8_9492_405b),
      ("palette.tif", 3, 0xcdc1_12d2_3386_2d7e),
      ("palette8.png", 3, 0xbd60_e7a4_12b6_b522),
      ("8.bmp", 3, 0xf82e_33db_2d94_33b7),
      ("gray1.png", 1, 0x9399_4c30_9ddb_5e95),
      ("sparse.tif", 1, 0x2489_0832_45d7_bec4),
    ] as [(String, Int, UInt64)])
  func valuesAreThoseOfOtherReaders(name: String, channels: Int, hash: UInt64) throws {
    let raster = try Raster(
      contentsOf: Fixtures.url("formats/\(name)"), channels: channels, type: .float32)
    #expect(raster.size == ImageSize(height: 21, width: 37) && raster.channels == channels)
    let values = raster.values.map { $0.isNaN ? Float.nan : $0 }
    #expect(Fixtures.hash(bytes(values)) == hash)
  }

  @Test(arguments: ["five.tif", "five_planar.tif", "five_pages.tif", "height.tif", "rgba16.png"])
  func anyRowsAreThoseOfTheWhole(name: String) throws {
    try EncodedImage.reading(Fixtures.url("formats/\(name)").path) { file throws(ImageError) in
      let whole = try file.decoded(.floats)
      let stride = file.size.width * file.planes * 4
      for rows in [0..<1, 3..<11, 16..<21] {
        var part = [UInt8](repeating: 0, count: rows.count * stride)
        try file.decode(.floats, rows: rows, into: &part)
        #expect(part == Array(whole[rows.lowerBound * stride..<rows.upperBound * stride]), "\(rows)")
      }
    }
  }

  @Test func anImageIsTurned() throws {
    let turned = try Raster(contentsOf: Fixtures.url("formats/oriented.tif"), channels: 3, type: .uint8)
    #expect(turned == Raster(try Image(contentsOf: Fixtures.url("formats/oriented.tif"))))
  }

  @Test(arguments: [
    ("five.tif", 4, PixelType.uint16, "it has 5 channels, expected 4 (data.channels)"),
    ("height.tif", 3, .float32, "it has 1 channel, expected 3 (data.channels)"),
    ("five.tif", 5, .uint8, "its values are of type uint16, expected uint8 (data.pixel_type)"),
    ("height.tif", 1, .uint16, "its values are of type float32, expected uint16 (data.pixel_type)"),
    ("two_sizes.tif", 3, .uint8, "the TIFF has 2 pages, expected 1: save each page as a file of its own"),
  ])
  func otherFilesAreRefused(name: String, channels: Int, type: PixelType, reason: String) {
    let error = #expect(throws: ImageError.self) {
      try Raster(contentsOf: Fixtures.url("formats/\(name)"), channels: channels, type: type)
    }
    #expect(error?.reason == reason)
  }

  /// `cv2.resize(a, (w, h), interpolation=cv2.INTER_LINEAR)` of float32 with two channels, 10.5 x + y² and 1000 - 7 x y.
  @Test(
    arguments: [
      (
        7, 3,
        [
          3.5, 1000, 21, 1000, 38.5, 1000, 3.8571, 999.1666, 21.3571, 995, 38.8571, 990.8333, 4.4286, 997.8333, 21.9286,
          987,
          39.4286, 976.1666, 6, 996.5, 23.5, 979, 41, 961.5, 7.8571, 995.1666, 25.3571, 971, 42.8571, 946.8333, 10.7143,
          993.8333, 28.2143, 963, 45.7143, 932.1666, 12.5, 993, 30, 958, 47.5, 923,
        ]
      ),
      (
        5, 4,
        [
          1.3125, 1000, 14.4375, 1000, 27.5625, 1000, 40.6875, 1000, 2.0125, 999.3875, 15.1375, 993.2625, 28.2625,
          987.1375,
          41.3875, 981.0125, 3.8125, 998.6875, 16.9375, 985.5625, 30.0625, 972.4375, 43.1875, 959.3125, 6.8125,
          997.9875,
          19.9375, 977.8625, 33.0625, 957.7375, 46.1875, 937.6125, 10.3125, 997.375, 23.4375, 971.125, 36.5625, 944.875,
          49.6875, 918.625,
        ]
      ),
    ] as [(Int, Int, [Float])])
  func resizesAsOpenCVDoes(height: Int, width: Int, expected: [Float]) {
    var values: [Float] = []
    for y in 0..<4 { for x in 0..<5 { values += [10.5 * Float(x) + Float(y * y), 1000 - 7 * Float(x * y)] } }
    let resized = Raster(height: 4, width: 5, channels: 2, values: values)
      .resized(to: ImageSize(height: height, width: width))
    #expect(resized.values.count == expected.count)
    for (found, expected) in zip(resized.values, expected) { #expect(abs(found - expected) < 2e-3) }
  }

  /// On values of 8 bits, both ways of rendering differ by their rounding alone.
  @Test func rendersAsEightBitsAreRendered() throws {
    let image = try Image(contentsOf: Fixtures.url("rgb.png"))
    let raster = Raster(image)
    var placements: [Placement] = []
    for (scaled, x, y, window) in [
      (ImageSize(height: 23, width: 31), -3, 4, ImageSize(height: 16, width: 40)),
      (ImageSize(height: 40, width: 37), 5, -2, ImageSize(height: 30, width: 24)),
      (ImageSize(height: 11, width: 15), 0, 0, ImageSize(height: 16, width: 16)),
    ] {
      for flips in 0..<4 {
        for padding in Padding.allCases where padding == .constant || (scaled.height <= window.height && x == 0) {
          var placement = Placement(source: image.size, scaled: scaled)
          (placement.x, placement.y, placement.window, placement.padding) = (x, y, window, padding)
          (placement.flipsHorizontally, placement.flipsVertically) = (flips & 1 == 1, flips & 2 == 2)
          placements.append(placement)
        }
      }
    }
    var turned = Placement(source: image.size, scaled: image.size)
    turned.distort(by: Homography(SIMD3(0.9, 0.3, 1), SIMD3(-0.3, 0.9, 2)))
    placements.append(turned)
    for placement in placements {
      let count = placement.window.area * 3
      var bytes = [UInt8](repeating: 1, count: count)
      placement.renderImage(image.pixels, into: &bytes)
      var floats = [Float](repeating: 1, count: count)
      placement.renderRaster(raster.values, channels: 3, into: &floats, fill: 114)
      for i in 0..<count { #expect(abs(Float(bytes[i]) - floats[i]) <= 1.01, "\(placement)") }
    }
  }

  @Test func whatHasNoDataBecomesTheMean() {
    let values: [Float] = [10, .nan, 30, -.infinity, 50, 70]
    let normalization = Normalization(mean: [20, 40], std: [10, 5], type: .float32)
    #expect(normalization.channels == 2 && !normalization.isRGB)
    var planes = [Float](repeating: 9, count: 6)
    normalization.write(values, count: 3, interleaved: false, to: &planes)
    #expect(planes == [-1, 1, 3, 0, 0, 6])
    var pixels = [Float](repeating: 9, count: 6)
    normalization.write(values, count: 3, interleaved: true, to: &pixels)
    #expect(pixels == [-1, 0, 1, 0, 3, 6])
  }

  @Test func wholeNumbersAreOnTheScaleFromZeroToOne() {
    var result: [Float] = [0, 0]
    Normalization(mean: [0.5], std: [0.25], type: .uint16).write([0, 65535], count: 2, interleaved: true, to: &result)
    #expect(result == [-2, 2])
    Normalization(mean: [0.5], std: [0.25], type: .uint8).write([0, 255], count: 2, interleaved: true, to: &result)
    #expect(result == [-2, 2])
  }

  @Test func aPictureShowsTheFirstChannelsStretched() {
    let raster = Raster(height: 1, width: 3, channels: 4, values: [0, 5, 7, 1, 10, 5, .nan, 2, 5, 5, 9, 3])
    #expect(raster.picture().pixels == [0, 0, 0, 255, 0, 0, 128, 0, 255])
    let gray = Raster(height: 1, width: 2, channels: 1, values: [-1, 1])
    #expect(gray.picture().pixels == [0, 0, 0, 255, 255, 255])
  }
}
