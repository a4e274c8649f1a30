import Torch

/// Class scores, and the size that they are wanted at.
///
/// Most networks compute scores at a fraction of the image's size and resize them at the end. The scores at full size are
/// made when they are first asked for, so that a loss which can do without them saves their memory and time.
public final class ClassScores {
  /// The scores as the network computed them: [N, classes, h, w].
  public let coarse: Tensor
  /// The size of `full`.
  public let size: ImageSize
  /// Whether the centers of the corner pixels stay in the corners when the scores are resized.
  public let alignCorners: Bool
  /// The scores at full size, resized bilinearly: [N, classes, H, W].
  public private(set) lazy var full =
    coarse.spatialSize == size ? coarse : coarse.upsampleBilinear2d(size: size, alignCorners: alignCorners)

  /// - Parameters:
  ///   - coarse: [N, classes, h, w].
  ///   - size: H and W; `nil` means the size that the scores have.
  ///   - alignCorners: Whether the centers of the corner pixels stay in the corners when the scores are resized.
  public init(_ coarse: Tensor, size: ImageSize? = nil, alignCorners: Bool = true) {
    self.coarse = coarse
    self.size = size ?? coarse.spatialSize
    self.alignCorners = alignCorners
  }

  /// The same scores in float32, the type in which losses are computed.
  public var float32: ClassScores {
    coarse.dtype == .float32
      ? self : ClassScores(coarse.to(dtype: .float32), size: size, alignCorners: alignCorners)
  }
}
