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

  /// The best class of each pixel, of images of any size: [N, C, H, W] in, int64 [N, h, w] out.
  /// - Parameters:
  ///   - size: h and w; scores of another size are resized to it.
  ///   - precision: Mixed precision; none: float32.
  public func classes(_ images: Tensor, size: IntPair, precision: DType? = nil) -> Tensor {
    scores(images, size: size, precision: precision).argmax(dimension: 1)
  }

  /// The scores that `classes` compares: [N, classes, h, w].
  public func scores(_ images: Tensor, size: IntPair, precision: DType? = nil) -> Tensor {
    let scores = autocast(precision, device: images.device) { logits(images) }
    return scores.spatialSize == size ? scores : scores.upsampleBilinear2d(size: size, alignCorners: true)
  }
}
