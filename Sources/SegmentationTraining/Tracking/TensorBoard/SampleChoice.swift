import SegmentationData
import SegmentationImage

/// A choice of validation images, spread over the whole list and the same in each validation.
///
/// If several processes validate, the images are among those of process 0, which has every n-th batch of the list.
struct SampleChoice {
  struct Sample {
    let image: Image
    let label: Mask
    let prediction: Mask
  }

  /// The number of samples in the validation.
  var total = 0
  private let count: Int
  private(set) var chosen: [Sample] = []

  init(count: Int) { self.count = count }

  /// Drops the chosen samples before a validation begins.
  mutating func beginAgain() { chosen = [] }

  /// Takes the samples of a batch that belong to the choice: the first one at or after each of `count` equally spaced
  /// marks.
  mutating func add(
    _ batch: Batch, _ predictions: Predictions, _ augmentation: AugmentationOptions, type: PixelType,
    longestSide: Int
  ) {
    for (place, index) in batch.indices.enumerated() {
      guard chosen.count < min(count, total), index >= chosen.count * total / min(count, total) else { continue }
      let image = batch.picture(place, mean: augmentation.mean, std: augmentation.std, type: type)
      let size = image.size.shrunk(to: longestSide)
      chosen.append(
        Sample(
          image: image.resized(to: size), label: Mask(batch.labels, place).resized(to: size),
          prediction: Mask(predictions.classes, place).resized(to: size)))
    }
  }
}
