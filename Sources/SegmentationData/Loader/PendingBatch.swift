import SegmentationImage
import Torch

/// A batch in the making: its tensors are made on the calling thread, workers fill them. All that changes after
/// `init` is guarded by the queue's lock, but for the tensors' memory, where each slot belongs to one worker.
final class PendingBatch: @unchecked Sendable {
  let samples: [PlannedSample]
  private let epoch: Int
  let size: ImageSize
  let labelSize: ImageSize
  private let channelsLast: Bool
  /// `[N, 3, H, W]` or `[N, H, W, 3]`, contiguous.
  private let images: Tensor
  /// `[N, H, W]`.
  private let labels: Tensor
  private let imageMemory: UnsafeMutablePointer<Float>
  private let labelMemory: UnsafeMutablePointer<Int64>
  /// The next slot that no worker has taken, and how many are not done.
  var nextSlot = 0
  var remaining: Int
  var errors: [Int: any Error] = [:]
  /// The samples that took the slots: others than `samples` if bad files were replaced.
  var taken: [Int]

  /// - Throws: `TorchError` if there is not enough memory.
  init(
    _ samples: [PlannedSample], epoch: Int, size: ImageSize, labelSize: ImageSize, channelsLast: Bool
  ) throws {
    self.samples = samples
    self.epoch = epoch
    self.size = size
    self.labelSize = labelSize
    self.channelsLast = channelsLast
    remaining = samples.count
    taken = samples.map(\.index)
    let (count, height, width) = (samples.count, size.height, size.width)
    (images, labels) = try catchingTorchErrors {
      let shape = channelsLast ? [count, height, width, 3] : [count, 3, height, width]
      let labelShape = [count, labelSize.height, labelSize.width]
      return (
        .empty(shape, dtype: .float32, device: .cpu), .empty(labelShape, dtype: .int64, device: .cpu)
      )
    }
    imageMemory = images.withUnsafeMutableBytes { $0.baseAddress!.assumingMemoryBound(to: Float.self) }
    labelMemory = labels.withUnsafeMutableBytes { $0.baseAddress!.assumingMemoryBound(to: Int64.self) }
  }

  /// The number that stands for the epoch in what is drawn for a slot: repetitions have numbers that no epoch has.
  func round(of slot: Int) -> Int { epoch + samples[slot].repetition << 40 }

  func destination(of slot: Int) -> SampleReader.Destination {
    SampleReader.Destination(
      image: imageMemory + slot * size.area * 3, labels: labelMemory + slot * labelSize.area, channelsLast: channelsLast
    )
  }

  /// Makes a slot count for nothing.
  func blank(_ slot: Int) {
    (imageMemory + slot * size.area * 3).update(repeating: 0, count: size.area * 3)
    (labelMemory + slot * labelSize.area).update(repeating: Int64(LabelSet.ignored), count: labelSize.area)
  }

  func finished(files: [String]) -> Batch {
    Batch(
      images: channelsLast ? images.permute([0, 3, 1, 2]) : images, labels: labels, indices: taken, files: files)
  }
}
