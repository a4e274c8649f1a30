import Torch

/// A few samples as network input and labels, on the CPU.
public struct Batch {
  /// The normalized images: float32 [N, C, H, W], with channels innermost in memory if the loader was asked for that.
  public let images: Tensor
  /// The labels: int64 training ids [N, H, W], 255 for pixels that are ignored.
  public let labels: Tensor
  /// The indices of the samples in the loader's list.
  public let indices: [Int]
  /// The paths of the images, for messages.
  public let files: [String]

  /// The number of samples.
  public var count: Int { indices.count }
}
