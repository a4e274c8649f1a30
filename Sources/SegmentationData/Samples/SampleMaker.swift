import SegmentationImage

/// Makes a sample that is in no file.
struct SampleMaker: Sendable {
  let size: @Sendable () throws -> ImageSize
  let content: @Sendable () throws -> LabelledImage
}

extension Sample {
  /// The image and the labels of a sample that is in no file; nil for one in files.
  /// - Throws: `DataError` with the sample's name if it cannot be made, is empty, or has labels of another size.
  func made() throws(DataError) -> LabelledImage? {
    guard let maker else { return nil }
    let content: LabelledImage
    do { content = try maker.content() } catch { throw DataError("\(image): \(error)") }
    guard content.image.size.area > 0 else { throw DataError("\(image): the image has no pixels") }
    guard content.labels.size == content.image.size else {
      throw DataError("\(image): the image is \(content.image.size), its labels are \(content.labels.size)")
    }
    return content
  }

  /// The size of the image: out of its file's header, or as its data set says.
  package func size(orientation: ExifOrientation) throws -> ImageSize {
    guard let maker else { return try ImageSize(of: imageFile.open(), orientation: orientation) }
    do { return try maker.size() } catch { throw DataError("\(image): \(error)") }
  }
}
