import Torch

extension Tensor {
  /// Stochastic depth (2016, <https://arxiv.org/abs/1603.09382>): in training, zeroes all values of an image with
  /// probability `rate`, and scales the others so that the mean stays.
  func droppedInTraining(_ rate: Double, training: Bool) -> Tensor {
    guard training, rate > 0 else { return self }
    let keep = 1 - rate
    let shape = [size(0)] + Array(repeating: 1, count: rank - 1)
    return self * ((Tensor.random(shape, dtype: dtype, device: device) + keep).floor() * (1 / keep))
  }
}
