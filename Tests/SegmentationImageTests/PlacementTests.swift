import SegmentationImage
import Testing

/// Windows against the same window cut out of the whole: the whole is checked against OpenCV in the other suites.
@Suite struct PlacementTests {
  static let windows: [(x: Int, y: Int, height: Int, width: Int)] = [
    (0, 0, 30, 40), (5, 7, 10, 12), (-4, -3, 20, 30), (20, 10, 60, 60), (-10, -10, 80, 90), (39, 29, 1, 1),
    (100, 0, 5, 5), (3, -50, 4, 10),
  ]

  @Test(arguments: windows, [ImageSize(height: 30, width: 40), ImageSize(height: 23, width: 31)])
  func windowsAreCutsOfTheWhole(window: (x: Int, y: Int, height: Int, width: Int), scaled: ImageSize) throws {
    let image = try Image(contentsOf: Fixtures.url("rgb.png"))
    let mask = try Mask(contentsOf: Fixtures.url("mask.png"))
    let (whole, wholeMask) = (image.resized(to: scaled), mask.resized(to: scaled))
    for (horizontal, vertical) in [(false, false), (true, false), (false, true), (true, true)] {
      var placement = Placement(source: image.size, scaled: scaled)
      (placement.x, placement.y) = (window.x, window.y)
      placement.window = ImageSize(height: window.height, width: window.width)
      (placement.flipsHorizontally, placement.flipsVertically) = (horizontal, vertical)

      var expected = Image(height: window.height, width: window.width, filledWith: RGB(114, 114, 114))
      var expectedMask = Mask(height: window.height, width: window.width, filledWith: 200)
      for row in 0..<window.height {
        for column in 0..<window.width {
          let x = window.x + (horizontal ? window.width - 1 - column : column)
          let y = window.y + (vertical ? window.height - 1 - row : row)
          guard (0..<scaled.width).contains(x), (0..<scaled.height).contains(y) else { continue }
          expected[column, row] = whole[x, y]
          expectedMask[column, row] = wholeMask[x, y]
        }
      }
      // Only the rows that the placement asks for are handed over.
      let rows = placement.sourceRows
      var output = [UInt8](repeating: 0, count: expected.pixels.count)
      var outputMask = [UInt8](repeating: 0, count: expectedMask.values.count)
      let kept = Array(image.pixels[rows.lowerBound * 93..<rows.upperBound * 93])
      let keptMask = Array(mask.values[rows.lowerBound * 31..<rows.upperBound * 31])
      placement.renderImage(kept, firstRow: rows.lowerBound, into: &output)
      placement.renderMask(keptMask, firstRow: rows.lowerBound, into: &outputMask, fill: 200)
      #expect(output == expected.pixels)
      #expect(outputMask == expectedMask.values)
      for row in 0..<window.height {
        for column in 0..<window.width {
          let pixel = placement.sourcePixel(ofOutput: column, row)
          #expect((pixel.map { mask[$0.x, $0.y] } ?? 200) == outputMask[row * window.width + column])
        }
      }
    }
  }
}
