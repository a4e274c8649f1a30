import SegmentationImage

/// Swaps top and bottom with a probability.
struct VerticalFlip: GeometricTransform {
  static let name = "vertical_flip"
  var probability: Double

  func apply(to placement: inout Placement, using random: inout RandomStream) {
    if random.happens(probability) { placement.flipsVertically.toggle() }
  }
}
