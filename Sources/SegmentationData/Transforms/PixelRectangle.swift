import SegmentationImage

/// A rectangle of pixels in an image.
package struct PixelRectangle: Equatable, Sendable {
  package var x: Int
  package var y: Int
  package var size: ImageSize

  package init(x: Int, y: Int, size: ImageSize) {
    self.x = x
    self.y = y
    self.size = size
  }

  /// Writes a value into all pixels of the rectangle. A row of the output has `width` pixels with `channels` values
  /// each.
  package func fill<Value>(_ output: UnsafeMutablePointer<Value>, width: Int, channels: Int, with value: Value) {
    for row in y..<y + size.height {
      (output + (row * width + x) * channels).update(repeating: value, count: size.width * channels)
    }
  }

  /// Copies the rectangle's pixels from memory that holds only them.
  func copy<Value>(
    from source: UnsafePointer<Value>, to output: UnsafeMutablePointer<Value>, width: Int, channels: Int
  ) {
    for row in 0..<size.height {
      (output + ((y + row) * width + x) * channels)
        .update(from: source + row * size.width * channels, count: size.width * channels)
    }
  }
}
