import SegmentationImage

/// Resizes by the factor 1 + u, with u evenly spread over `range`, like albumentations' `RandomScale`: 0...0 keeps the
/// size, and -0.5...1 goes from half to double.
struct RandomScale: GeometricTransform {
  static let name = "random_scale"
  var range: ClosedRange<Double>
  var probability: Double

  func apply(to placement: inout Placement, using random: inout RandomStream) {
    guard random.happens(probability) else { return }
    placement.scale(by: 1 + random.uniform(range))
  }
}
