import SegmentationImage

/// A transform of geometry: it changes where the output window lies on the image, so that several of them cost one
/// sampling of the window's pixels.
protocol GeometricTransform: Sendable {
  /// Names the transform's random stream.
  static var name: String { get }

  func apply(to placement: inout Placement, using random: inout RandomStream)
}
