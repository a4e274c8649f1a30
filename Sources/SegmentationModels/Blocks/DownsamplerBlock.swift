import Torch

/// Halves the size with a strided 3x3 convolution beside 3x3 max pooling, their channels joined: ENet's initial block,
/// ERFNet's downsampler. The convolution makes the channels that the pooled input does not bring.
public final class DownsamplerBlock: Module, Layer {
  let conv: ConvBNAct

  /// Makes the module. It needs more outputs than inputs; with fewer, it gives more channels than `outputs`.
  public init(_ inputs: Int, _ outputs: Int, activation: Activation.Kind = .relu) {
    conv = ConvBNAct(inputs, max(1, outputs - inputs), stride: 2, activation: activation)
  }

  /// Halves the size: [N, inputs, H, W] in, [N, outputs, H / 2, W / 2] out.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    cat([conv(x), x.maxPool2d(kernel: 3, stride: 2, padding: 1)])
  }
}
