import SegmentationImage

/// Cuts out a window of a fixed size. Every position is equally likely.
struct RandomCrop: GeometricTransform {
  static let name = "random_crop"
  var size: ImageSize

  func apply(to placement: inout Placement, using random: inout RandomStream) {
    placement.y += random.index(below: placement.window.height - size.height + 1)
    placement.x += random.index(below: placement.window.width - size.width + 1)
    placement.window = size
  }
}
