import SegmentationImage

/// A mask on which shapes are drawn, one over the other.
struct LabelCanvas {
  private(set) var mask: Mask

  /// - Parameter background: The value of pixels that no shape covers.
  init(size: ImageSize, background: UInt8?) {
    mask = Mask(height: size.height, width: size.width, filledWith: background ?? LabelSet.ignored)
  }

  /// Gives a class to the pixels from `first` up to and with `last` of a row; those outside of the image are left out.
  mutating func fill(row: Int, from first: Int, through last: Int, with label: UInt8) {
    guard (0..<mask.height).contains(row) else { return }
    let (first, last) = (max(first, 0), min(last, mask.width - 1))
    guard first <= last else { return }
    for x in first...last { mask.values[row * mask.width + x] = label }
  }

  /// Gives a class to the pixels of a bitmap that belong to a shape.
  /// - Returns: The number of pixels that lie in the image.
  @discardableResult
  mutating func draw(_ bitmap: Bitmap, with label: UInt8) -> Int {
    var count = 0
    for row in 0..<bitmap.height {
      let y = bitmap.top + row
      guard (0..<mask.height).contains(y) else { continue }
      for column in 0..<bitmap.width where bitmap.pixels[row * bitmap.width + column] {
        let x = bitmap.left + column
        guard (0..<mask.width).contains(x) else { continue }
        mask.values[y * mask.width + x] = label
        count += 1
      }
    }
    return count
  }
}
