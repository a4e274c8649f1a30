/// Bilinear resizing by a factor.
public final class Upsample: Module, Layer {
  let scale: Double
  let alignCorners: Bool

  /// Makes a layer that resizes by a factor.
  /// - Parameter alignCorners: Whether the middles of the corner pixels stay in place, and not the image's corners.
  public init(scale: Double, alignCorners: Bool = true) {
    self.scale = scale
    self.alignCorners = alignCorners
  }

  /// Resizes images: [N, C, H, W] in, [N, C, H scale, W scale] out, rounded down.
  public func callAsFunction(_ x: Tensor) -> Tensor { x.upsampleBilinear2d(scale: scale, alignCorners: alignCorners) }
}
