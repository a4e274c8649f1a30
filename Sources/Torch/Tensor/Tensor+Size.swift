// The size of images is a word of this library too, and of those above it.
@_exported import struct Basics.ImageSize

extension Tensor {
  /// Height and width of an image tensor [..., H, W]; 0 for the undefined tensor that an operation yields which failed.
  public var spatialSize: ImageSize {
    let shape = shape
    guard shape.count >= 2 else { return ImageSize(height: 0, width: 0) }
    return ImageSize(height: shape[shape.count - 2], width: shape[shape.count - 1])
  }
}

extension ImageSize {
  /// Both sides times a factor.
  public static func * (size: ImageSize, factor: Int) -> ImageSize {
    ImageSize(height: size.height * factor, width: size.width * factor)
  }
}
