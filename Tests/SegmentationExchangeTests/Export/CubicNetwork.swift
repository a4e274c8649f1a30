import SegmentationImage
import SegmentationModels
import TestSupport
import Torch

/// A network that makes its map smaller and larger by cubic polynomials, and adds codes that it resizes.
final class CubicNetwork: SegmentationModel {
  let codes = Conv2d(1, 3, kernel: 14)

  override init() {
    super.init()
    Formula.fill(codes.weight, key: "codes", as: .bias)
  }

  override func forward(_ x: Tensor, heads: Bool) -> SegmentationOutput {
    let size = x.spatialSize
    let half = ImageSize(height: size.height / 2, width: size.width / 3)
    let small = x.upsampleBicubic2d(size: half, antialias: true)
    let weights = codes.weight.permute([1, 0, 2, 3])
    let sum = small + weights.upsampleBicubic2d(size: half, antialias: true)
    return SegmentationOutput(logits: sum.upsampleBicubic2d(size: size, antialias: true))
  }
}
