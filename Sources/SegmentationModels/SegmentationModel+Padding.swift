import Torch

extension SegmentationModel {
  /// Class scores for images of any size: padded at the right and bottom to a size that fits, the result cropped.
  ///
  /// [N, C, H, W] in, [N, classes, H, W] out; the padding repeats the mean color (0 after normalization).
  public func logits(_ images: Tensor) -> Tensor {
    let size = images.spatialSize
    let padded = sizes.padded(size)
    if padded == size { return self(images, heads: false).logits }
    let (right, bottom) = (padded.width - size.width, padded.height - size.height)
    let logits = self(images.pad(right: right, bottom: bottom), heads: false).logits
    return logits.slice(0..<size.height, dimension: 2).slice(0..<size.width, dimension: 3)
  }
}
