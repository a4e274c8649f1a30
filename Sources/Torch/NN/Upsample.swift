/// Bilinear resizing by a factor.
public final class Upsample: Module, Layer {
  let scale: Double
  let alignCorners: Bool

  public init(scale: Double, alignCorners: Bool = true) {
    self.scale = scale
    self.alignCorners = alignCorners
  }

  public func callAsFunction(_ x: Tensor) -> Tensor { x.upsampleBilinear2d(scale: scale, alignCorners: alignCorners) }
}
