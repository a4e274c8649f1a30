import SegmentationImage

/// Resizes images (bilinear) and masks (nearest) by a fixed factor; sides are rounded down.
struct Scale: GeometricTransform {
  static let name = "scale"
  var factor: Double

  func apply(to placement: inout Placement, using random: inout RandomStream) {
    placement.scale(by: factor)
  }
}

extension Placement {
  /// Scales the whole image. The window becomes the whole scaled image.
  mutating func scale(by factor: Double) {
    scaled = ImageSize(
      height: max(1, Int(Double(scaled.height) * factor)), width: max(1, Int(Double(scaled.width) * factor)))
    window = scaled
  }
}
