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
  private let file = ScratchBuffer()
  private let decoded = ScratchBuffer()
  private let rendered = ScratchBuffer()

  init(transform: SampleTransform, labels: LabelSet) {
    self.transform = transform
    labelReader = LabelReader(labels.encoding)
  }

  /// Reads one sample. Throws where a file is damaged, sizes differ or a mask's value stands for no class.
  func read(_ sample: Sample, seed: UInt64, epoch: Int, index: Int, into destination: Destination) throws {
    let image = try EncodedImage(FileAccess.read(sample.image, into: file), path: sample.image)
    let plan = transform.plan(for: image.size, seed: seed, epoch: epoch, index: index)
    let rows = plan.image.sourceRows
    let stored = decoded.reserve(max(1, rows.count * image.size.width * 3))
    try image.decode(.rgb, rows: rows, into: stored)
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
    let size = image.size
    let mask = try EncodedImage(FileAccess.read(path, into: file), path: path)
    guard mask.size == size else {
      throw DataError("\(path): the mask is \(mask.size), its image \(sample.image) is \(size)")
    }
    try labelReader.read(mask, plan.labels, into: destination.labels)
  }
}
