import Torch

extension SegmentationModel {
  /// Class scores for images of any size: padded at the right and bottom to a size that fits, the result cropped.
  ///
  /// [N, C, H, W] in, [N, classes, H, W] out; the padding repeats the mean color (0 after normalization). If the network has
  /// a single score for two classes, the first class's score is 0.
  public func logits(_ images: Tensor) -> Tensor {
    classScores(padded(images)).cropped(to: images.spatialSize)
  }

  /// Images padded at the right and bottom with 0 to the next size that the network takes.
  package func padded(_ images: Tensor) -> Tensor {
    let (size, fitting) = (images.spatialSize, sizes.padded(images.spatialSize))
    guard fitting != size else { return images }
    return images.pad(right: fitting.width - size.width, bottom: fitting.height - size.height)
  }

  /// A score for each class, for images whose size the network takes. A single score becomes two, the first of which is
  /// 0: then the softmax of both is the sigmoid of the one, and the second one is the larger if the score is above 0.
  public func classScores(_ images: Tensor) -> Tensor {
    let scores = self(images, heads: false).scores
    guard hasSingleScore else { return scores.full }
    let both = cat([scores.coarse * 0, scores.coarse])
    return ClassScores(both, size: scores.size, alignCorners: scores.alignCorners).full
  }

  /// The best class of each pixel, of images of any size: [N, C, H, W] in, int64 [N, h, w] out.
  /// - Parameters:
  ///   - size: h and w; scores of another size are resized to it.
  ///   - precision: The type for mixed precision; `nil` means float32.
  public func classes(_ images: Tensor, size: ImageSize, precision: DType? = nil) -> Tensor {
    scores(images, size: size, precision: precision).argmax(dimension: 1)
  }

  /// The scores that `classes` compares: [N, classes, h, w].
  public func scores(_ images: Tensor, size: ImageSize, precision: DType? = nil) -> Tensor {
    let scores = autocast(precision, device: images.device) { logits(images) }
    return scores.spatialSize == size ? scores : scores.upsampleBilinear2d(size: size, alignCorners: true)
  }
}

extension Tensor {
  /// The upper left part of [N, C, H, W] that has a size.
  package func cropped(to size: ImageSize) -> Tensor {
    guard spatialSize != size else { return self }
    return slice(0..<size.height, dimension: 2).slice(0..<size.width, dimension: 3)
  }
}
