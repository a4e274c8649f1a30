import SegmentationImage

/// Reads samples and writes them, transformed, into a batch's memory. One for each thread; its buffers are used again.
final class SampleReader {
  /// Where a sample goes.
  struct Destination {
    var image: UnsafeMutablePointer<Float>
    var labels: UnsafeMutablePointer<Int64>
    var channelsLast: Bool
  }

  private let transform: SampleTransform
  private let labelReader: LabelReader
  private let orientation: ExifOrientation
  private let file = ScratchBuffer()
  private let decoded = ScratchBuffer()
  private let rendered = ScratchBuffer()

  init(transform: SampleTransform, labels: LabelSet, orientation: ExifOrientation) {
    self.transform = transform
    self.orientation = orientation
    labelReader = LabelReader(labels.encoding)
  }

  /// Reads one sample. Throws if a file is damaged, sizes differ or a mask's value stands for no class.
  func read(_ sample: Sample, seed: UInt64, epoch: Int, index: Int, into destination: Destination) throws {
    let image = try EncodedImage(
      FileAccess.read(sample.image, into: file), path: sample.image, orientation: orientation)
    let plan = transform.plan(for: image.size, seed: seed, epoch: epoch, index: index)
    let rows = plan.image.sourceRows
    let stored = decoded.reserve(max(1, rows.count * image.size.width * 3))
    try image.decode(.rgb, rows: rows, white: sample.white, into: stored)
    let count = plan.image.window.area
    let pixels = rendered.reserve(count * 3)
    plan.image.renderImage(stored, firstRow: rows.lowerBound, into: pixels)
    let table = ColorJitter.apply(plan.colors, to: pixels, count: count)
    let normalization = plan.colors.isEmpty ? transform.normalization : transform.normalization.after(table)
    if destination.channelsLast {
      normalization.writeInterleaved(pixels, count: count, to: destination.image)
    } else {
      normalization.writePlanar(pixels, count: count, to: destination.image)
    }

    guard let path = sample.mask else { throw DataError("\(sample.image): has no mask") }
    let (size, turns) = (image.size, image.orientation != 1)
    let mask = try EncodedImage(FileAccess.read(path, into: file), path: path, orientation: orientation)
    try mask.requireMaskFormat()
    guard mask.size == size else {
      let reason = Self.sizeMismatch(mask: mask.size, image: sample.image, size, isTurned: turns)
      throw DataError("\(path): \(reason)")
    }
    try labelReader.read(mask, plan.labels, into: destination.labels)
  }

  /// What is wrong with a mask of another size than its image's.
  static func sizeMismatch(mask: ImageSize, image: String, _ size: ImageSize, isTurned: Bool) -> String {
    let reason = "the mask is \(mask), its image \(image) is \(size)"
    guard isTurned else { return reason }
    return reason + " after it was turned by its EXIF orientation; if the masks were drawn on the stored pixels, set "
      + "data.exif_orientation to ignore"
  }
}
