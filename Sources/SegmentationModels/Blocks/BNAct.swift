import Torch

/// Batch normalization, activation. Keys: "0.weight", "0.running_mean", ...
public final class BNAct: Sequential {
  /// Makes the layers for a number of channels.
  public init(_ channels: Int, activation: Activation.Kind = .relu) {
    super.init(BatchNorm2d(channels), Activation(activation, inPlace: true))
  }
}
