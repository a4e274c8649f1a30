import Foundation
import SegmentationImage
import Testing

@Suite struct MaskTests {
  // np.array(Image.open(name)): values as stored, palette indices too
  @Test(
    arguments: [("mask.png", 0xf90b_31ec_004d_7576), ("palette4.png", 0x32e9_0f81_4c51_d1b6)] as [(String, UInt64)])
  func readsValuesAsStored(name: String, hash: UInt64) throws {
    #expect(Fixtures.hash(try Mask(contentsOf: Fixtures.url(name)).values) == hash)
  }

  @Test func scalesGrayOfFewBits() throws {
    // cv2.imread("gray2.png", cv2.IMREAD_GRAYSCALE)
    #expect(try Mask(contentsOf: Fixtures.url("gray2.png")).values == [0, 85, 170, 255, 255, 170, 85, 0])
  }

  @Test func keepsSixteenBitValuesThatFit() throws {
    let mask = try Mask(contentsOf: Fixtures.url("mask.png"))
    #expect(try Mask(contentsOf: Fixtures.url("values16.png")) == mask)
    let error = #expect(throws: ImageError.self) { try Mask(contentsOf: Fixtures.url("large16.png")) }
    #expect(error?.reason == "the 16-bit value 300 at (0, 0) does not fit a mask's 8 bits")
  }

  /// The values of a file in the layout with 16 bits each. Some rows by themselves are the same.
  private func wideValues(_ name: String) throws -> [UInt16] {
    try EncodedImage.reading(Fixtures.url(name).path) { file throws(ImageError) in
      let all = try file.decoded(.wideValues).withUnsafeBytes { Array($0.bindMemory(to: UInt16.self)) }
      var bytes = [UInt8](repeating: 0, count: 2 * 3 * file.size.width)
      try file.decode(.wideValues, rows: 2..<5, into: &bytes)
      let rows = bytes.withUnsafeBytes { Array($0.bindMemory(to: UInt16.self)) }
      #expect(rows == Array(all[2 * file.size.width..<5 * file.size.width]))
      return all
    }
  }

  @Test func wideValuesAreThoseOfTheFile() throws {
    let mask = try Mask(contentsOf: Fixtures.url("mask.png")).values.map { UInt16($0) }
    for name in ["mask.png", "values16.png"] { #expect(try wideValues(name) == mask, "\(name)") }
    #expect(try wideValues("large16.png").first == 300)
    // numpy.linspace(0, 4095, 35), truncated
    #expect(try wideValues("gray12.png").suffix(3) == [3854, 3975, 4095])
    let error = #expect(throws: ImageError.self) { try wideValues("gray.jpg") }
    #expect(error?.reason == "is a JPEG, whose compression changes values; save masks as PNG")
  }

  @Test(arguments: ["rgb.png", "rgba.png", "444.jpg", "gray.jpg"])
  func refusesColorAndJPEG(name: String) {
    let error = #expect(throws: ImageError.self) { try Mask(contentsOf: Fixtures.url(name)) }
    #expect(error?.reason.contains("mask") == true)
    if name.hasSuffix("jpg") {
      #expect(error?.reason == "is a JPEG, whose compression changes values; save masks as PNG")
    }
  }

  // cv2.resize(mask, (w, h), interpolation=cv2.INTER_NEAREST)
  @Test(
    arguments: [
      (23, 31, 0xf90b_31ec_004d_7576),
      (11, 15, 0x3b18_7118_98b7_b766),
      (46, 62, 0x9419_e5bc_90c8_d219),
      (12, 16, 0xd73e_60e3_46b1_1e49),
      (40, 37, 0x4694_4ad4_a1aa_b301),
      (7, 90, 0xe624_78da_807e_cad8),
      (1, 1, 0xaf63_bd4c_8601_b7df),
      (24, 32, 0x6745_502f_08f7_52bd),
      (300, 3, 0xea13_15d2_9179_7df6),
      (22, 30, 0x9f92_42b6_5210_b3e1),
    ] as [(Int, Int, UInt64)])
  func resizesAsOpenCVDoes(height: Int, width: Int, hash: UInt64) throws {
    let mask = try Mask(contentsOf: Fixtures.url("mask.png"))
    #expect(Fixtures.hash(mask.resized(to: ImageSize(height: height, width: width)).values) == hash)
  }

  @Test func writesGrayAndPalette() throws {
    let mask = Mask(height: 2, width: 3, values: [0, 1, 2, 255, 7, 0])
    let palette = Palette([RGB(1, 2, 3), RGB(40, 50, 60)])
    try Fixtures.withTemporaryFolder { folder in
      let (gray, colored) = (folder.appending(path: "gray.png"), folder.appending(path: "colored.png"))
      try mask.write(to: gray)
      try mask.write(to: colored, palette: palette)
      #expect(try Mask(contentsOf: gray) == mask)
      #expect(try Mask(contentsOf: colored) == mask)
      // A viewer sees the palette's colors.
      #expect(try Image(contentsOf: colored) == mask.colored(by: palette))
      #expect(try Image(contentsOf: colored)[1, 0] == RGB(40, 50, 60))
      #expect(try Image(contentsOf: gray)[2, 0] == RGB(2, 2, 2))
    }
  }
}
