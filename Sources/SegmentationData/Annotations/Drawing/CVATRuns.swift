import SegmentationImage

/// CVAT's run lengths: pixels outside and inside by turns, beginning outside, along the rows of a rectangle.
struct CVATRuns {
  let left: Int
  let top: Int
  let width: Int
  let height: Int
  let counts: [Int]

  /// The pixels of the rectangle. Those behind the last run are outside.
  /// - Parameter size: The size of the image. A few digits may claim a rectangle that no memory holds.
  /// - Returns: Nil if the runs do not fit the rectangle, or the rectangle is larger than the image.
  func bitmap(in size: ImageSize) -> Bitmap? {
    guard width <= size.width, height <= size.height else { return nil }
    var pixels = [Bool](repeating: false, count: width * height)
    var position = 0
    for (index, count) in counts.enumerated() {
      guard count >= 0, count <= pixels.count - position else { return nil }
      if index % 2 == 1 { for place in position..<position + count { pixels[place] = true } }
      position += count
    }
    return Bitmap(left: left, top: top, width: width, height: height, pixels: pixels)
  }
}
