import SegmentationImage

/// Draws the labels of an image that lies in a file.
struct LabelDrawing: Sendable {
  /// The files that tell the labels.
  let sources: [String]
  /// The training id of each pixel of the image, turned as its EXIF orientation says.
  let labels: @Sendable () throws -> Mask
}

extension Sample {
  /// The labels of a sample that are drawn; nil if it has a mask or none.
  /// - Throws: `DataError` if they cannot be drawn.
  package func drawn() throws(DataError) -> Mask? {
    guard let drawing else { return nil }
    do { return try drawing.labels() } catch {
      throw error as? DataError ?? DataError("\(image): \(error)")
    }
  }

  /// Whether the sample has labels: in a mask, or drawn.
  package var hasLabels: Bool { mask != nil || maker != nil || drawing != nil }
}
