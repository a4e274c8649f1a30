import SegmentationImage

/// Pads to at least a size, evenly on both sides: the image with (114, 114, 114), the mask with the ignored id.
struct Pad: GeometricTransform {
  static let name = "pad"
  var size: ImageSize

  func apply(to placement: inout Placement, using random: inout RandomStream) {
    let height = max(0, size.height - placement.window.height)
    let width = max(0, size.width - placement.window.width)
    placement.y -= height / 2
    placement.x -= width / 2
    placement.window.height += height
    placement.window.width += width
  }
}
