/// Zeroes elements, or whole channels, at random in training.
public final class Dropout: Module, Layer {
  /// Share of elements that are zeroed.
  package var probability: Double
  let channels: Bool

  public init(_ probability: Double, channels: Bool = false) {
    self.probability = probability
    self.channels = channels
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    x.dropout(probability, channels: channels, training: isTraining)
  }
}
