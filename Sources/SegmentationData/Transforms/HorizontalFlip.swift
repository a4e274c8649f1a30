import SegmentationImage

/// Swaps left and right with a probability.
struct HorizontalFlip: GeometricTransform {
  static let name = "horizontal_flip"
  var probability: Double

  func apply(to placement: inout Placement, using random: inout RandomStream) {
    if random.happens(probability) { placement.flipsHorizontally.toggle() }
  }
}
