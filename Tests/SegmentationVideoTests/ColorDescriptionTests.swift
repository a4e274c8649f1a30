import SegmentationImage
import SegmentationVideo
import Testing

@Suite struct ColorDescriptionTests {
  /// Color bars of 75 %: the colors and their luma and color differences, as the recommendations BT.601 and BT.709 of the
  /// ITU give them for 8 bits.
  static let bars: [(color: RGB, bt601: [UInt8], bt709: [UInt8])] = [
    (RGB(191, 191, 191), [180, 128, 128], [180, 128, 128]), (RGB(191, 191, 0), [162, 44, 142], [168, 44, 136]),
    (RGB(0, 191, 191), [131, 156, 44], [145, 147, 44]), (RGB(0, 191, 0), [112, 72, 58], [133, 63, 52]),
    (RGB(191, 0, 191), [84, 184, 198], [63, 193, 204]), (RGB(191, 0, 0), [65, 100, 212], [51, 109, 212]),
    (RGB(0, 0, 191), [35, 212, 114], [28, 212, 120]), (RGB(0, 0, 0), [16, 128, 128], [16, 128, 128]),
  ]

  private func description(_ matrix: String, range: String = "tv") throws -> ColorDescription {
    ColorDescription(
      range: range, matrix: matrix, primaries: nil, transfer: nil, size: ImageSize(height: 512, width: 1024),
      format: try #require(SourcePixelFormat("yuv420p")))
  }

  @Test(arguments: ["bt709", "smpte170m", "bt470bg"]) func barsHaveTheColorsOfTheRecommendations(matrix: String) throws
  {
    let description = try description(matrix)
    for bar in Self.bars {
      let (y, u, v) = description.components(of: bar.color)
      let expected = matrix == "bt709" ? bar.bt709 : bar.bt601
      for (found, wanted) in zip([y, u, v], expected) {
        #expect(abs(Int(found) - Int(wanted)) <= 1, "\(bar.color): \(y) \(u) \(v), expected \(expected)")
      }
      var frame = VideoFrame(
        size: ImageSize(height: 1, width: 1), isHalved: true, planes: expected, time: 0)
      let color = frame.image(description)[0, 0]
      for (found, wanted) in zip(
        [color.red, color.green, color.blue], [bar.color.red, bar.color.green, bar.color.blue])
      { #expect(abs(Int(found) - Int(wanted)) <= 2, "\(bar.color): found \(color)") }
    }
  }

  /// Back and forth, every matrix and range keeps colors.
  @Test(arguments: ColorDescription.Matrix.allCases, ["tv", "pc"])
  func colorsComeBack(matrix: ColorDescription.Matrix, range: String) throws {
    let description = try description(matrix.rawValue, range: range)
    for color in [RGB(200, 60, 40), RGB(12, 250, 99), RGB(0, 0, 255), RGB(255, 255, 255), RGB(128, 64, 128)] {
      let (y, u, v) = description.components(of: color)
      var frame = VideoFrame(size: ImageSize(height: 1, width: 1), isHalved: false, planes: [y, u, v], time: 0)
      let back = frame.image(description)[0, 0]
      for (a, b) in zip([back.red, back.green, back.blue], [color.red, color.green, color.blue]) {
        #expect(abs(Int(a) - Int(b)) <= 3, "\(color) \(back)")
      }
    }
  }

  @Test func aVideoWithoutAMatrixHasThatOfItsSize() throws {
    let format = try #require(SourcePixelFormat("yuv420p"))
    for (size, matrix) in [
      (ImageSize(height: 480, width: 640), ColorDescription.Matrix.smpte170m),
      (ImageSize(height: 576, width: 720), .smpte170m), (ImageSize(height: 720, width: 1280), .bt709),
      (ImageSize(height: 1920, width: 1080), .bt709),
    ] {
      let found = ColorDescription(
        range: nil, matrix: "unknown", primaries: nil, transfer: nil, size: size, format: format)
      #expect(found.matrix == matrix && !found.isFullRange, "\(size)")
    }
    let unknown = ColorDescription(
      range: nil, matrix: "ycgco", primaries: "a:b", transfer: "bt709", size: ImageSize(height: 1, width: 1),
      format: format)
    #expect(unknown.unknownMatrix == "ycgco" && unknown.primaries == nil)
    #expect(unknown.tagging == "setparams=range=tv:colorspace=bt709:color_trc=bt709")
  }
}
