import Torch

/// The labels [N, H, W] of a batch, in the forms that losses need.
struct Labels {
  let ids: Tensor

  init(_ ids: Tensor) { self.ids = ids }

  /// Whether each pixel is labelled, as booleans [N, H, W].
  var mask: Tensor { ids .!= Double(ignoredLabel) }

  /// The labels, with 0 for pixels that are not labelled, so that they can index classes.
  var indices: Tensor { ids * mask.to(dtype: .int64) }

  /// The number of labelled pixels, by which a mean over them divides; 1 if there are none. If several processes share
  /// the batch it is the mean of their numbers, so that the mean of their losses is that of the whole batch.
  var count: Tensor { SharedBatch.divisor(mask.sum().to(dtype: .float32)).nonzero }

  /// The factor of each pixel's class, [N, H, W]; 0 for pixels that are not labelled.
  func weights(_ classWeights: Tensor) -> Tensor {
    classWeights.indexSelect(indices.flatten(), dimension: 0).reshape(ids.shape) * mask.to(dtype: .float32)
  }

  /// A mask, float32 [N, channels, H, W], that is 1 if a pixel has the class of the channel, else 0. A single channel
  /// stands for class 1.
  func oneHot(channels: Int) -> Tensor {
    let classes = channels == 1 ? [1] : Array(0..<channels)
    let ids = ids.unsqueeze(1)
    return (ids .== Tensor(classes, shape: [1, channels, 1, 1]).to(device: ids.device)).to(dtype: .float32)
  }
}

extension Tensor {
  /// The probabilities for scores [N, C, H, W]: softmax over the classes, or sigmoid if there is one score.
  var probabilities: Tensor { size(1) == 1 ? sigmoid() : softmax(dimension: 1) }

  /// The elements, with 1 in place of 0, to divide by.
  var nonzero: Tensor { `where`(self .== 0, Tensor.ones(shape, dtype: dtype, device: device), self) }
}
