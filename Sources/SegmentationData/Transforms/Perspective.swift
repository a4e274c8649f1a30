import Basics
import SegmentationImage

/// These options show images from another side (albumentations' `Perspective`). Four places inside the image become
/// the corners of its frame, so that nothing from outside comes into it.
public struct Perspective: Codable, Equatable, Sendable, ValidatedOptions {
  /// The probability that an image is changed.
  public var probability = 0.5
  /// The largest distance of the four places from the corners along each side, as a part of the side.
  public var strength = 0.1

  public init() {}

  public func validate() throws(InvalidOption) {
    try requireProbability(probability, "probability")
    try require(
      (0...0.3).contains(strength), "strength", "a part of the side from 0 to 0.3", found: strength)
  }

  /// The map that takes four places inside the frame to its corners: upper left, upper right, lower right, lower left.
  package static func map(width: Double, height: Double, insets: [SIMD2<Double>]) -> Homography {
    let corners = [SIMD2(0, 0), SIMD2(width, 0), SIMD2(width, height), SIMD2(0, height)]
    let directions = [SIMD2(1, 1), SIMD2(-1, 1), SIMD2(-1, -1), SIMD2(1, -1)] as [SIMD2<Double>]
    let places = zip(corners, zip(directions, insets)).map { $0 + $1.0 * $1.1 }
    return Homography(from: places, to: corners)
  }
}

extension Perspective: GeometricTransform {
  static let name = "perspective"

  func apply(to placement: inout Placement, using random: inout RandomStream) {
    let happens = random.happens(probability)
    let (width, height) = (Double(placement.scaled.width - 1), Double(placement.scaled.height - 1))
    let insets = (0..<4).map { _ in
      SIMD2(random.uniform(0...strength) * width, random.uniform(0...strength) * height)
    }
    // A row or column of pixels has no perspective.
    guard happens, width > 0, height > 0 else { return }
    placement.distort(by: Self.map(width: width, height: height, insets: insets))
  }
}
