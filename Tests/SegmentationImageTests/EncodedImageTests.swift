import Foundation
import SegmentationImage
import Testing

@Suite struct EncodedImageTests {
  static let files = [
    "rgb.png", "interlaced.png", "palette4.png", "rgb16.png", "444.jpg", "420.jpg", "progressive.jpg", "inks.jpg",
    "ycck.jpg", "gray12.png", "orientation/5.jpg", "orientation/8.png",
  ]

  /// The loader decodes no more rows than a crop needs.
  @Test(arguments: files) func anyRowsAreThoseOfTheWhole(name: String) throws {
    try expectRows(of: name) { first, height in [first + 1, (first + height + 1) / 2, height].filter { $0 > first } }
  }

  /// Even where the rows that are left would do.
  @Test(arguments: files) func truncationIsAnErrorWhicheverRowsAreRead(name: String) throws {
    let whole = try Fixtures.bytes(name)
    for count in stride(from: whole.count / 3, to: whole.count - 8, by: 7) {
      Array(whole.prefix(count)).withUnsafeBufferPointer { bytes in
        _ = #expect(throws: ImageError.self, "\(count) bytes") {
          let file = try EncodedImage(bytes, path: name)
          var row = [UInt8](repeating: 0, count: file.size.width * 3)
          try file.decode(.rgb, rows: 0..<1, into: &row)
        }
      }
    }
  }

  /// Damage gives an error or a picture, nothing else.
  @Test(arguments: files) func damageIsContained(name: String) throws {
    let whole = try Fixtures.bytes(name)
    var state: UInt64 = 1
    func random(_ limit: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % limit
    }
    var errors = 0
    for _ in 0..<300 {
      var bytes = whole
      for _ in 0...random(3) { bytes[random(bytes.count)] = UInt8(random(256)) }
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
    #expect(errors > 50)
  }
}
