import SegmentationImage

/// A transform of geometry. It changes where the output window lies on the image, so that several transforms sample the
/// window's pixels only once.
protocol GeometricTransform: Sendable {
  /// The name of the transform's stream of random numbers.
  static var name: String { get }

  func apply(to placement: inout Placement, using random: inout RandomStream)
}
