import SegmentationImage
import Torch

/// A picture that shows samples as a network sees them: each image after all transforms and, below it, the same image
/// with the colors of its labels. Ignored pixels are dark.
public struct ContactSheet: Sendable {
  /// The longest side of an image on the sheet, in pixels.
  static let longestSide = 320
  private static let gap = 4

  /// The sheet.
  public let image: Image
  /// The number of samples on the sheet.
  public let count: Int
  /// The files that could not be used.
  public let leftOut: [LeftOutFile]

  /// Draws a sheet. Training samples come in the order and form in which a run with the same seed sees them; other
  /// samples come as they are scored.
  /// - Parameters:
  ///   - count: The number of samples to show, 1 to 256, if there are as many; training samples are repeated in further
  ///     epochs.
  ///   - columns: The number of samples side by side, 1 to 64.
  /// - Throws: `DataError` for a count out of range or if the samples cannot be read.
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
      cells.append(Self.cell(batch, augmentation, data.pixelType, dataset.labels.palette))
    }
    image = Self.arranged(cells, columns: min(columns, cells.count))
    self.count = cells.count
    leftOut = loader.leftOut
  }

  /// The only image of a batch, above the same image with its labels.
  private static func cell(
    _ batch: Batch, _ augmentation: AugmentationOptions, _ type: PixelType, _ palette: Palette
  ) -> Image {
    let image = batch.picture(0, mean: augmentation.mean, std: augmentation.std, type: type)
    let size = image.size.shrunk(to: longestSide)
    // The mask of a validation image keeps its size even if the image is scaled.
    let (smaller, smallerMask) = (image.resized(to: size), Mask(batch.labels, 0).resized(to: size))
    return arranged([smaller, smaller.overlaid(with: smallerMask, palette: palette, alpha: 0.5)], columns: 1)
  }

  /// Arranges images in rows. Each lies in the upper left corner of a cell as large as the largest image.
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
