import SegmentationImage

/// Resizes by 1 + u, u evenly spread over `range` (albumentations' RandomScale): 0...0 leaves the size, -0.5...1 is from
/// half to double.
struct RandomScale: GeometricTransform {
  static let name = "random_scale"
  var range: ClosedRange<Double>
  var probability: Double

  func apply(to placement: inout Placement, using random: inout RandomStream) {
    guard random.happens(probability) else { return }
    placement.scale(by: 1 + random.uniform(range))
  }
}
