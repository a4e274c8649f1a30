/// Zeroes elements, or whole channels, at random in training.
public final class Dropout: Module, Layer {
  /// Share of elements that are zeroed.
  package var probability: Double
  let channels: Bool

  /// Makes a layer of dropout.
  /// - Parameters:
  ///   - probability: The share of elements that become zero, from 0 to 1.
  ///   - channels: Whether whole channels of an image become zero, and not single elements.
  public init(_ probability: Double, channels: Bool = false) {
    self.probability = probability
    self.channels = channels
  }

  /// Drops elements in training and scales the rest so that the mean stays; returns its input otherwise.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    x.dropout(probability, channels: channels, training: isTraining)
  }
}
