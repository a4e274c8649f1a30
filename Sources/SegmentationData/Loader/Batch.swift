import Torch

/// Some samples as network input and labels, on the CPU.
public struct Batch {
  /// `[N, 3, H, W]`, float32, normalized; channels last in memory where the loader was asked for it.
  public let images: Tensor
  /// `[N, H, W]`, int64 training ids, 255 where ignored.
  public let labels: Tensor
  /// The samples' places in the loader's list.
  public let indices: [Int]
  /// The images' paths, for messages.
  public let files: [String]

  public var count: Int { indices.count }
}
