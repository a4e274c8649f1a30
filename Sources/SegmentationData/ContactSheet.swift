import SegmentationImage
import Torch

/// A picture of what a network will see: images after all that is done to them, and below each the same with its labels'
/// colors over it. Ignored pixels are darkened.
public struct ContactSheet: Sendable {
  /// The longest side of an image on the sheet.
  static let longestSide = 320
  private static let gap = 4

  public let image: Image
  /// How many samples it shows.
  public let count: Int
  /// The files that could not be used.
  public let leftOut: [LeftOutFile]

  /// Draws a sheet of a data set's samples: of training samples in the order and the form in which a run of the same seed
  /// trains on them, of others as they are scored.
  /// - Parameters:
  ///   - count: How many samples are shown, if there are as many; training samples come again in further epochs.
  ///   - columns: How many stand side by side.
  public init(
    of dataset: Dataset, split: Split = .train, data: DataOptions, augmentation: AugmentationOptions, count: Int = 12,
    columns: Int = 4, seed: UInt64 = 1
  ) throws {
    guard (1...256).contains(count) else { throw DataError("a sheet shows 1 to 256 samples, found \(count)") }
    guard (1...64).contains(columns) else { throw DataError("a sheet has 1 to 64 columns, found \(columns)") }
    let samples = try dataset.samples(of: split)
    let loader =
      split == .train
      ? try DataLoader.training(
        samples, labels: dataset.labels, batchSize: 1, seed: seed, options: data, augmentation: augmentation)
      : try DataLoader.validation(samples, labels: dataset.labels, options: data, augmentation: augmentation)
    var cells: [Image] = []
    while cells.count < count {
      guard let batch = try loader.next() else {
        if split == .train { continue }
        break
      }
      cells.append(Self.cell(batch, augmentation, dataset.labels.palette))
    }
    image = Self.arranged(cells, columns: min(columns, cells.count))
    self.count = cells.count
    leftOut = loader.leftOut
  }

  /// A batch's only image above itself with its labels.
  private static func cell(_ batch: Batch, _ augmentation: AugmentationOptions, _ palette: Palette) -> Image {
    let image = batch.picture(0, mean: augmentation.mean, std: augmentation.std)
    let size = image.size.shrunk(to: longestSide)
    // The mask of a validation image keeps its size if the image is scaled.
    let (smaller, smallerMask) = (image.resized(to: size), Mask(batch.labels, 0).resized(to: size))
    return arranged([smaller, smaller.overlaid(with: smallerMask, palette: palette, alpha: 0.5)], columns: 1)
  }

  /// Images in rows, each in the upper left corner of a place as large as the largest of them.
  private static func arranged(_ images: [Image], columns: Int) -> Image {
    let (height, width) = (images.map(\.height).max() ?? 1, images.map(\.width).max() ?? 1)
    let rows = (images.count + columns - 1) / columns
    var sheet = Image(
      height: rows * (height + gap) - gap, width: columns * (width + gap) - gap, filledWith: RGB(255, 255, 255))
    for (index, image) in images.enumerated() {
      let (top, left) = (index / columns * (height + gap), index % columns * (width + gap))
      for row in 0..<image.height {
        let start = ((top + row) * sheet.width + left) * 3
        sheet.pixels.replaceSubrange(
          start..<start + image.width * 3, with: image.pixels[row * image.width * 3..<(row + 1) * image.width * 3])
      }
    }
    return sheet
  }
}
