import Torch

/// Convolution, batch normalization, activation. Keys: "0.weight", "1.weight", "1.running_mean", ...
public class ConvBNAct: Sequential {
  /// Makes the layers. At stride 1, an odd kernel keeps the size.
  /// - Parameter bias: Whether the convolution has a bias in front of the normalization.
  public init(
    _ inputs: Int, _ outputs: Int, kernel: IntPair = 3, stride: IntPair = 1, dilation: IntPair = 1, groups: Int = 1,
    bias: Bool = false, activation: Activation.Kind = .relu
  ) {
    super.init(
      Conv2d(
        inputs, outputs, kernel: kernel, stride: stride, padding: .centered, dilation: dilation, groups: groups,
        bias: bias),
      BatchNorm2d(outputs),
      Activation(activation, inPlace: true))
  }
}

/// Depthwise convolution (one or more filters per channel), batch normalization, activation.
public final class DWConvBNAct: ConvBNAct {
  /// Makes the layers. `outputs` is a multiple of `inputs`.
  public init(
    _ inputs: Int, _ outputs: Int, kernel: IntPair = 3, stride: IntPair = 1, dilation: IntPair = 1,
    activation: Activation.Kind = .relu
  ) {
    super.init(
      inputs, outputs, kernel: kernel, stride: stride, dilation: dilation, groups: inputs, activation: activation)
  }
}

/// Pointwise (1x1) convolution, by default with a bias, batch normalization, activation.
public final class PWConvBNAct: ConvBNAct {
  /// Makes the layers.
  public init(_ inputs: Int, _ outputs: Int, bias: Bool = true, activation: Activation.Kind = .relu) {
    super.init(inputs, outputs, kernel: 1, bias: bias, activation: activation)
  }
}

/// Depthwise separable convolution: depthwise, then pointwise, each with batch normalization and activation.
public final class DSConvBNAct: Sequential {
  /// Makes the layers. At stride 1, an odd kernel keeps the size.
  public init(
    _ inputs: Int, _ outputs: Int, kernel: IntPair = 3, stride: IntPair = 1, dilation: IntPair = 1,
    activation: Activation.Kind = .relu
  ) {
    super.init(
      DWConvBNAct(inputs, inputs, kernel: kernel, stride: stride, dilation: dilation, activation: activation),
      PWConvBNAct(inputs, outputs, activation: activation))
  }
}

/// Transposed convolution that multiplies the size by `scale`, batch normalization, activation. Keys begin "up_conv.".
public class DeconvBNAct: Module, Layer {
  let upConv: Sequential

  /// Makes the layers.
  /// - Parameter scale: The factor by which height and width grow.
  public init(_ inputs: Int, _ outputs: Int, scale: Int = 2, activation: Activation.Kind = .relu) {
    upConv = Sequential(
      ConvTranspose2d(
        inputs, outputs, kernel: IntPair(2 * scale - 1), stride: IntPair(scale), padding: IntPair(scale - 1),
        outputPadding: IntPair(scale - 1)),
      BatchNorm2d(outputs),
      Activation(activation, inPlace: true))
  }

  /// Enlarges images: [N, inputs, H, W] in, [N, outputs, H scale, W scale] out.
  public func callAsFunction(_ x: Tensor) -> Tensor { upConv(x) }
}
