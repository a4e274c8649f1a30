import SegmentationImage
import Testing

/// Colors as PASCAL VOC's own development kit gives them.
@Suite struct DistinctPaletteTests {
  @Test func `the colors are PASCAL VOC's`() {
    let colors = Palette.distinct.colors
    #expect(colors.count == 256 && Set(colors).count == 256)
    for (value, color) in [
      (0, RGB(0, 0, 0)), (1, RGB(128, 0, 0)), (2, RGB(0, 128, 0)), (7, RGB(128, 128, 128)), (8, RGB(64, 0, 0)),
      (15, RGB(192, 128, 128)), (20, RGB(0, 64, 128)), (255, RGB(224, 224, 192)),
    ] {
      #expect(colors[value] == color)
    }
  }
}
