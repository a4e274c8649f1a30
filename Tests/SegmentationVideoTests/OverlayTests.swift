import SegmentationImage
import SegmentationInference
import SegmentationVideo
import Testing

@Suite struct OverlayTests {
  /// Colors that are laid over luma and color differences are those that `rtseg predict` lays over an image in RGB.
  @Test(arguments: [true, false], [0.3, 1.0, 0.0]) func overlaysAreThoseOfImages(isHalved: Bool, alpha: Double) throws {
    let size = ImageSize(height: 35, width: 51)
    let color = ColorDescription(
      range: "tv", matrix: "bt709", primaries: nil, transfer: nil, size: size,
      format: try #require(SourcePixelFormat("yuv420p")))
    // Classes of blocks of 4x4 pixels, so that four pixels that share a color difference have one class.
    let mask = Mask(
      height: size.height, width: size.width,
      values: (0..<size.area).map { UInt8(($0 / size.width / 4 + $0 % size.width / 4) % 5) })
    let differences = (VideoFrame.count(size, isHalved: isHalved) - size.area) / 2
    let planes =
      (0..<size.area).map { UInt8(60 + $0 % size.width * 2) } + [UInt8](repeating: 110, count: differences)
      + [UInt8](repeating: 150, count: differences)
    var frame = VideoFrame(size: size, isHalved: isHalved, planes: planes, time: 0)
    let image = frame.image(color)
    let result = SegmentedImage(image: image, classes: mask, confidence: nil, palette: .distinct)
    let painter = FramePainter(.overlay, color: color, palette: .distinct, alpha: alpha)
    var painted = painter.painted(LabelledFrame(number: 0, frame: frame, result: result))
    let (found, expected) = (painted.image(color), result.overlay(alpha: alpha))
    let distance = zip(found.pixels, expected.pixels).map { abs(Int($0) - Int($1)) }.max()
    #expect(distance! <= 3)
    if alpha == 0 { #expect(painted.planes == planes) }
  }
}
