import Torch

/// MobileNetV2's bottleneck: it widens, filters by channel, and narrows without an activation. The input is added if
/// size and channels stay.
public final class InvertedResidual: Module, Layer {
  let conv: Sequential
  let addsInput: Bool

  /// Makes the module.
  /// - Parameters:
  ///   - stride: 1, or 2 to halve the size.
  ///   - expansion: How many times wider the middle is than the input.
  public init(
    _ inputs: Int, _ outputs: Int, stride: Int = 1, expansion: Int = 6, activation: Activation.Kind = .relu
  ) {
    let width = inputs * expansion
    conv = Sequential(
      PWConvBNAct(inputs, width, activation: activation),
      DWConvBNAct(width, width, stride: IntPair(stride), activation: activation),
      ConvBNAct(width, outputs, kernel: 1, activation: .none))
    addsInput = stride == 1 && inputs == outputs
  }

  /// Runs the module: [N, inputs, H, W] in, [N, outputs, H / stride, W / stride] out.
  public func callAsFunction(_ x: Tensor) -> Tensor { addsInput ? x + conv(x) : conv(x) }
}
