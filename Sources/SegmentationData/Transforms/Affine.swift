import Basics
import Foundation
import SegmentationImage

/// These options scale, shear and move images about their middle (albumentations' `Affine` without rotation, which
/// `rotation` adds).
public struct Affine: Codable, Equatable, Sendable, ValidatedOptions {
  /// The probability that an image is changed.
  public var probability = 0.5
  /// Images are resized by a random factor between these two, `[low, high]`, the same along both sides.
  public var scale: ClosedRange<Double> = 0.9...1.1
  /// The largest move along each side, as a part of the side.
  public var translate = 0.1
  /// The largest shear along each side, in degrees.
  public var shear = 5.0

  public init() {}

  public func validate() throws(InvalidOption) {
    try requireProbability(probability, "probability")
    try require(
      scale.lowerBound >= 0.05 && scale.upperBound <= 16, "scale",
      "[low, high] with factors from 0.05 to 16", found: scale)
    try require(
      (0...1).contains(translate), "translate", "a part of the side from 0 to 1", found: translate)
    try require((0...40).contains(shear), "shear", "an angle from 0 to 40", found: shear)
  }

  /// The map of one change about the origin: scaled, then sheared by angles along x and y, then moved by pixels.
  package static func map(
    scale: Double, shearX: Double, shearY: Double, moveX: Double, moveY: Double
  ) -> Homography {
    let shear = Homography(SIMD3(1, tan(shearX * .pi / 180), 0), SIMD3(tan(shearY * .pi / 180), 1, 0))
    return .translation(moveX, moveY) * shear * Homography(SIMD3(scale, 0, 0), SIMD3(0, scale, 0))
  }
}

extension Affine: GeometricTransform {
  static let name = "affine"

  func apply(to placement: inout Placement, using random: inout RandomStream) {
    let happens = random.happens(probability)
    let factor = random.uniform(scale)
    let (shearX, shearY) = (random.uniform(-shear...shear), random.uniform(-shear...shear))
    let moveX = random.uniform(-translate...translate) * Double(placement.scaled.width)
    let moveY = random.uniform(-translate...translate) * Double(placement.scaled.height)
    guard happens else { return }
    let map = Self.map(scale: factor, shearX: shearX, shearY: shearY, moveX: moveX, moveY: moveY)
    placement.distort(by: placement.aroundMiddle(map))
  }
}
