import SegmentationModels
import Torch

/// A network in which a map of 8 channels and one of half its height and width go through `body`.
final class TwoMapNetwork: SegmentationModel {
  let large = Conv2d(3, 8, kernel: 3, padding: 1)
  let small = Conv2d(3, 8, kernel: 3, stride: 2, padding: 1)
  let body: (Tensor, Tensor) -> Tensor

  init(_ body: @escaping (Tensor, Tensor) -> Tensor) { self.body = body }

  override func forward(_ x: Tensor, heads: Bool) -> SegmentationOutput {
    SegmentationOutput(logits: body(large(x), small(x)))
  }
}
