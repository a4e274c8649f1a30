import Basics
import SegmentationImage

/// These options cover rectangles of images with gray (mmsegmentation's `RandomCutOut`, albumentations'
/// `CoarseDropout`), so that a network learns to label by what is left.
public struct CutOut: Codable, Equatable, Sendable, ValidatedOptions {
  static let name = "cutout"

  /// The probability that an image gets rectangles.
  public var probability = 0.5
  /// The largest number of rectangles. Each number from 1 on is equally likely.
  public var count = 4
  /// The sides of a rectangle are drawn between these two, `[low, high]`, as parts of the image's sides.
  public var size: ClosedRange<Double> = 0.05...0.2
  /// The labels below the rectangles.
  public var labels = Labels.ignored

  /// The labels below the rectangles.
  public enum Labels: String, Codable, CaseIterable, Sendable {
    /// Covered pixels are ignored, since what cannot be seen cannot be learned from.
    case ignored
    /// Covered pixels keep their labels, as in mmsegmentation, which makes the network guess from what is around.
    case kept
  }

  public init() {}

  public func validate() throws(InvalidOption) {
    try requireProbability(probability, "probability")
    try require((1...1000).contains(count), "count", "1 to 1000", found: count)
    try require(
      size.lowerBound > 0 && size.upperBound <= 1, "size",
      "[low, high] with parts of the side above 0, at most 1", found: size)
  }

  /// Draws the rectangles of one image, which lie wholly on it.
  package func draw(in image: ImageSize, using random: inout RandomStream) -> [PixelRectangle] {
    let happens = random.happens(probability)
    let count = 1 + random.index(below: self.count)
    guard happens else { return [] }
    return (0..<count).map { _ in
      let height = min(max(1, Int((random.uniform(size) * Double(image.height)).rounded())), image.height)
      let width = min(max(1, Int((random.uniform(size) * Double(image.width)).rounded())), image.width)
      let y = random.index(below: image.height - height + 1)
      let x = random.index(below: image.width - width + 1)
      return PixelRectangle(x: x, y: y, size: ImageSize(height: height, width: width))
    }
  }
}
