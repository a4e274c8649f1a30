import Torch

extension SegmentationModel {
  /// Class scores for images of any size: padded at the right and bottom to a multiple of `stride`, the result cropped.
  ///
  /// [N, 3, H, W] in, [N, classes, H, W] out; the padding repeats the mean color (0 after normalization).
  public func logits(_ images: Tensor, stride: Int) -> Tensor {
    let size = images.spatialSize
    let bottom = (stride - size.height % stride) % stride
    let right = (stride - size.width % stride) % stride
    if bottom == 0, right == 0 { return self(images, heads: false).logits }
    let logits = self(images.pad(right: right, bottom: bottom), heads: false).logits
    return logits.slice(0..<size.height, dimension: 2).slice(0..<size.width, dimension: 3)
  }
}
