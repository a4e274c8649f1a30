import Basics
import SegmentationImage

/// These options put four samples together (mmsegmentation's `RandomMosaic`, Ultralytics' `mosaic`). Two lines divide
/// the training image, and each quarter is scaled, turned and cropped as an image of its own.
public struct Mosaic: Codable, Equatable, Sendable, ValidatedOptions {
  static let name = "mosaic"

  /// The probability that an image becomes a mosaic.
  public var probability = 0.5
  /// The two lines cross at a random place between these two, `[low, high]`, as a part of each side.
  public var center: ClosedRange<Double> = 0.25...0.75

  public init() {}

  public func validate() throws(InvalidOption) {
    try requireProbability(probability, "probability")
    try require(
      center.lowerBound >= 0 && center.upperBound <= 1, "center",
      "[low, high] with parts of the side from 0 to 1", found: center)
  }

  /// A quarter and the sample that fills it.
  package struct Tile: Equatable {
    package var rectangle: PixelRectangle
    package var sample: Int
  }

  /// Draws the quarters of sample `index`, whose own one is the first; none for an image that is no mosaic.
  package func draw(in image: ImageSize, index: Int, count: Int, using random: inout RandomStream) -> [Tile] {
    let happens = random.happens(probability)
    let (down, right) = (random.uniform(center), random.uniform(center))
    let partners = (0..<3).map { _ in random.index(below: count) }
    guard happens, image.height > 1, image.width > 1 else { return [] }
    let top = min(max(1, Int((down * Double(image.height)).rounded())), image.height - 1)
    let left = min(max(1, Int((right * Double(image.width)).rounded())), image.width - 1)
    return zip([index] + partners, [(0, 0), (left, 0), (0, top), (left, top)]).map { sample, corner in
      let size = ImageSize(
        height: corner.1 == 0 ? top : image.height - top, width: corner.0 == 0 ? left : image.width - left)
      return Tile(rectangle: PixelRectangle(x: corner.0, y: corner.1, size: size), sample: sample)
    }
  }
}
