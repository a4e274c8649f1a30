/// A module that turns one tensor into one tensor.
public protocol Layer: Module {
  /// Runs the layer. Layers of images take [N, C, H, W].
  func callAsFunction(_ x: Tensor) -> Tensor
}

/// Returns its input. It stands for a layer that some variant of a network does not have.
public final class Identity: Module, Layer {
  /// Returns its input unchanged.
  public func callAsFunction(_ x: Tensor) -> Tensor { x }
}

/// Layers one after another. Keys in checkpoints are their numbers: "0.weight", "1.bias", ...
open class Sequential: Module, Layer {
  /// The layers in the order in which they run.
  public let layers: [any Layer]
  let firstIndex: Int

  /// - Parameter firstIndex: The number of the first layer in checkpoints, for a part of a longer sequence.
  public init(_ layers: [any Layer], firstIndex: Int = 0) {
    self.layers = layers
    self.firstIndex = firstIndex
  }

  /// Makes a sequence of layers, whose keys in checkpoints begin at 0.
  public init(_ layers: any Layer...) {
    self.layers = layers
    firstIndex = 0
  }

  /// Runs the layers in order, each on the result of the one before.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    var x = x
    var index = 0
    while index < layers.count {
      if let (norm, clamp) = clampedNorm(at: index) {
        x = norm.byBatchStatistics(x, low: clamp.low, high: clamp.high)
        index += 2
      } else {
        x = layers[index](x)
        index += 1
      }
    }
    return x
  }

  /// A batch normalization in training that ReLU or ReLU6 follows: the two are one operator.
  private func clampedNorm(at index: Int) -> (BatchNorm2d, (low: Double, high: Double))? {
    guard index + 1 < layers.count, let norm = layers[index] as? BatchNorm2d, norm.isTraining,
      let clamp = (layers[index + 1] as? Activation)?.clamp
    else { return nil }
    return (norm, clamp)
  }
}
