import Torch

/// Stochastic depth (2016, <https://arxiv.org/abs/1603.09382>) as a layer without parameters.
public final class StochasticDepth: Module, Layer {
  /// How often the values of an image are zeroed in training.
  package var rate: Double

  /// Makes a layer.
  /// - Parameter rate: How often the values of an image are zeroed in training, from 0 to below 1.
  public init(_ rate: Double) { self.rate = rate }

  /// Zeroes or scales the values of each image in training; returns its input otherwise.
  public func callAsFunction(_ x: Tensor) -> Tensor { x.droppedInTraining(rate, training: isTraining) }

  /// The rates of blocks one after another, which rise evenly from 0.
  static func rates(upTo largest: Double, count: Int) -> [Double] {
    (0..<count).map { count > 1 ? largest * Double($0) / Double(count - 1) : 0 }
  }
}

extension Tensor {
  /// Stochastic depth: in training, zeroes all values of an image with probability `rate`, and scales the others so that the
  /// mean stays.
  func droppedInTraining(_ rate: Double, training: Bool) -> Tensor {
    guard training, rate > 0 else { return self }
    let keep = 1 - rate
    let shape = [size(0)] + Array(repeating: 1, count: rank - 1)
    return self * ((Tensor.random(shape, dtype: dtype, device: device) + keep).floor() * (1 / keep))
  }
}
