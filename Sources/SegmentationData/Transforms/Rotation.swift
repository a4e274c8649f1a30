import Basics
import Foundation
import SegmentationImage

/// These options turn images about their middle (albumentations' `Rotate`). The image keeps its size, and its corners
/// leave the frame.
public struct Rotation: Codable, Equatable, Sendable, ValidatedOptions {
  /// The probability that an image is turned.
  public var probability = 0.5
  /// The largest angle to either side, in degrees.
  public var degrees = 10.0

  public init() {}

  public func validate() throws(InvalidOption) {
    try requireProbability(probability, "probability")
    try require(
      (0...180).contains(degrees), "degrees", "an angle from 0 to 180", found: degrees)
  }

  /// The map that turns by an angle counter-clockwise, as images are looked at.
  package static func map(degrees: Double) -> Homography {
    let angle = degrees * .pi / 180
    return Homography(SIMD3(cos(angle), sin(angle), 0), SIMD3(-sin(angle), cos(angle), 0))
  }
}

extension Rotation: GeometricTransform {
  static let name = "rotation"

  func apply(to placement: inout Placement, using random: inout RandomStream) {
    let happens = random.happens(probability)
    let angle = random.uniform(-degrees...degrees)
    guard happens else { return }
    placement.distort(by: placement.aroundMiddle(Self.map(degrees: angle)))
  }
}

extension Placement {
  /// A map with the middle of the scaled image in the place of the origin.
  func aroundMiddle(_ map: Homography) -> Homography {
    map.around(Double(scaled.width - 1) / 2, Double(scaled.height - 1) / 2)
  }
}
