import SegmentationImage

/// The scores of all classes for each pixel of an image, at the size that the network computes them in.
package struct ScoreMap: Sendable {
  /// The height and width.
  package let size: ImageSize
  /// The number of classes.
  package let classes: Int
  /// The scores: [height, width, classes].
  package var values: [Float]

  package init(size: ImageSize, classes: Int, values: [Float]) {
    precondition(values.count == size.area * classes, "scores of \(size) and \(classes) classes")
    (self.size, self.classes, self.values) = (size, classes, values)
  }
}
