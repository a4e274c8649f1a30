import Foundation
import SegmentationImage
import Testing

@Suite struct ColorTests {
  @Test func readsAndWritesHex() {
    #expect(RGB(hex: "#0a00ff") == RGB(10, 0, 255))
    #expect(RGB(10, 0, 255).description == "#0a00ff")
    for wrong in ["0a00ff", "#0a00f", "#0a00ffg", "#+a00ff", ""] { #expect(RGB(hex: wrong) == nil) }
  }

  @Test func codesColorsAsLists() throws {
    #expect(String(decoding: try JSONEncoder().encode(RGB(1, 2, 3)), as: UTF8.self) == "[1,2,3]")
    #expect(try JSONDecoder().decode(RGB.self, from: Data("[255,0,7]".utf8)) == RGB(255, 0, 7))
    for wrong in ["[1,2]", "[1,2,3,4]", "[1,2,300]"] {
      #expect(throws: DecodingError.self) { try JSONDecoder().decode(RGB.self, from: Data(wrong.utf8)) }
    }
  }

  @Test func codesSizesAsText() throws {
    #expect(ImageSize("512x1024") == ImageSize(height: 512, width: 1024))
    #expect(ImageSize("64") == ImageSize(height: 64, width: 64))
    for wrong in ["", "x", "5x", "0x4", "-1", "1x2x3", "a"] { #expect(ImageSize(wrong) == nil) }
    #expect(try JSONDecoder().decode([ImageSize].self, from: Data(#"["4x6", 7]"#.utf8)).map(\.area) == [24, 49])
    #expect(throws: DecodingError.self) { try JSONDecoder().decode([ImageSize].self, from: Data(#"["4y6"]"#.utf8)) }
  }
}
