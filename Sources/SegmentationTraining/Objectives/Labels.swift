import Torch

/// Labels [N, H, W] of a batch as losses need them.
struct Labels {
  let ids: Tensor

  init(_ ids: Tensor) { self.ids = ids }

  /// Where a pixel is labelled, as booleans [N, H, W].
  var mask: Tensor { ids .!= Double(ignoredLabel) }

  /// The ids with 0 for pixels that are not labelled, so that they index classes.
  var indices: Tensor { ids * mask.to(dtype: .int64) }

  /// The number of labelled pixels, by which a mean over them divides; 1 if there are none. If several processes share
  /// the batch it is the mean of their numbers, so that the mean of their losses is that of the whole batch.
  var count: Tensor { SharedBatch.divisor(mask.sum().to(dtype: .float32)).nonzero }

  /// The factor of each pixel's class, [N, H, W]; 0 where it is not labelled.
  func weights(_ classWeights: Tensor) -> Tensor {
    classWeights.indexSelect(indices.flatten(), dimension: 0).reshape(ids.shape) * mask.to(dtype: .float32)
  }

  /// 1 where a pixel has the class of a channel, 0 elsewhere, as float32 [N, channels, H, W]. One channel: class 1.
  func oneHot(channels: Int) -> Tensor {
    let classes = channels == 1 ? [1] : Array(0..<channels)
    let ids = ids.unsqueeze(1)
    return (ids .== Tensor(classes, shape: [1, channels, 1, 1]).to(device: ids.device)).to(dtype: .float32)
  }
}

extension Tensor {
  /// Probabilities of scores [N, C, H, W]: softmax over the classes; sigmoid if there is one score.
  var probabilities: Tensor { size(1) == 1 ? sigmoid() : softmax(dimension: 1) }

  /// A positive number to divide by: 1 where an element is 0.
  var nonzero: Tensor { `where`(self .== 0, Tensor.ones(shape, dtype: dtype, device: device), self) }
}
