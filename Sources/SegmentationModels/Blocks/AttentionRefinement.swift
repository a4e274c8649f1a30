import Torch

/// BiSeNet's attention refinement module: weights each channel by a sigmoid of all channels' means.
///
/// While training, the normalization counts the mean once for each pixel, as the PyTorch reference does, which shows in
/// the running variance.
public final class AttentionRefinement: Module, Layer {
  let conv: ConvBNAct

  /// Makes the module for a number of channels.
  public init(_ channels: Int) { conv = ConvBNAct(channels, channels, kernel: 1, activation: .sigmoid) }

  /// Weights the channels: [N, channels, H, W] in and out.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    let scores = conv.layers[0](x.adaptiveAvgPool2d(1))
    let normalized = conv.layers[1](isTraining ? scores.expand([-1, -1] + x.shape.suffix(2)) : scores)
    return x * conv.layers[2](normalized)
  }
}
