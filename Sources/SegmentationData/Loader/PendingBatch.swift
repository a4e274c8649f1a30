import SegmentationImage
import Torch

/// A batch that is being filled. The calling thread creates its tensors, and workers fill them. The queue's lock guards
/// all that changes after `init`, except the memory of the tensors, in which each slot belongs to one worker.
final class PendingBatch: @unchecked Sendable {
  let samples: [PlannedSample]
  private let epoch: Int
  let size: ImageSize
  let labelSize: ImageSize
  private let channels: Int
  private let channelsLast: Bool
  /// The images, contiguous: [N, C, H, W], or [N, H, W, C] with channels innermost.
  private let images: Tensor
  /// The labels, [N, H, W].
  private let labels: Tensor
  private let imageMemory: UnsafeMutablePointer<Float>
  private let labelMemory: UnsafeMutablePointer<Int64>
  /// The first slot that no worker has taken.
  var nextSlot = 0
  /// The number of slots that are not filled yet.
  var remaining: Int
  var errors: [Int: any Error] = [:]
  /// The indices of the samples in the slots. They differ from `samples` if bad files were replaced.
  var taken: [Int]

  /// - Parameter forUpload: Whether the batch goes to a GPU.
  /// - Throws: `TorchError` if there is not enough memory.
  init(
    _ samples: [PlannedSample], epoch: Int, size: ImageSize, labelSize: ImageSize, channels: Int,
    channelsLast: Bool, forUpload: Bool
  ) throws {
    self.samples = samples
    self.epoch = epoch
    self.size = size
    self.labelSize = labelSize
    self.channels = channels
    self.channelsLast = channelsLast
    remaining = samples.count
    taken = samples.map(\.index)
    let (count, height, width) = (samples.count, size.height, size.width)
    (images, labels) = try catchingTorchErrors {
      let shape = channelsLast ? [count, height, width, channels] : [count, channels, height, width]
      let labelShape = [count, labelSize.height, labelSize.width]
      func empty(_ shape: [Int], _ dtype: DType) -> Tensor {
        forUpload ? .emptyForUpload(shape, dtype: dtype) : .empty(shape, dtype: dtype, device: .cpu)
      }
      return (empty(shape, .float32), empty(labelShape, .int64))
    }
    imageMemory = images.withUnsafeMutableBytes { $0.baseAddress!.assumingMemoryBound(to: Float.self) }
    labelMemory = labels.withUnsafeMutableBytes { $0.baseAddress!.assumingMemoryBound(to: Int64.self) }
  }

  /// The number that stands for the epoch when a slot's changes are drawn. Repetitions of a sample get numbers that no
  /// epoch has.
  func round(of slot: Int) -> Int { epoch + samples[slot].repetition << 40 }

  func destination(of slot: Int) -> SampleReader.Destination {
    SampleReader.Destination(
      image: imageMemory + slot * size.area * channels, labels: labelMemory + slot * labelSize.area,
      channelsLast: channelsLast
    )
  }

  /// Makes a slot count for nothing: a black image, all of whose pixels are ignored.
  func blank(_ slot: Int) {
    (imageMemory + slot * size.area * channels).update(repeating: 0, count: size.area * channels)
    (labelMemory + slot * labelSize.area).update(repeating: Int64(LabelSet.ignored), count: labelSize.area)
  }

  func finished(files: [String]) -> Batch {
    Batch(
      images: channelsLast ? images.permute([0, 3, 1, 2]) : images, labels: labels, indices: taken, files: files)
  }
}
