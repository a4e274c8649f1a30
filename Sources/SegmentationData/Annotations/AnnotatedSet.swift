import SegmentationImage

/// The findings of a format's reader: the classes, and the images with their labels.
struct AnnotatedSet {
  /// The classes; a class's number in masks is its index.
  var classes: [ClassInfo]
  /// The class of pixels that no shape covers; nil if these are ignored.
  var background: UInt8?
  var images: [AnnotatedImage]
}

/// An image and the way to its labels.
struct AnnotatedImage {
  let split: Split
  /// The image's path.
  let path: String
  /// The image's path within its split, which names the mask.
  let name: String
  /// The files that tell the labels.
  let sources: [String]
  /// Draws the labels for an image of this size. Problems with single shapes go to the findings.
  let draw: @Sendable (_ size: ImageSize, _ findings: AnnotationFindings) throws -> Mask
}

/// One annotated thing: its class, and its outline or pixels.
struct Shape {
  enum Geometry {
    /// Rings of points. The inside of each belongs to the shape.
    case polygons([[Point]])
    /// Positions of pixels: a part of the image's rows and columns, and which of its pixels belong to the shape.
    case bitmap(Bitmap)
  }

  /// The class's number; `LabelSet.ignored` for pixels that shall not count.
  let label: UInt8
  let geometry: Geometry
}

/// A point in pixels: x to the right and y down from the image's upper left corner.
struct Point: Equatable {
  var x: Double
  var y: Double
}

/// Pixels of a rectangle that may lie partly outside of an image.
struct Bitmap: Equatable {
  var left: Int
  var top: Int
  var width: Int
  var height: Int
  /// Rows from the top: whether the pixel belongs to the shape.
  var pixels: [Bool]
}
