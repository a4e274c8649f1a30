import Torch

/// PSPNet's pyramid pooling: means over 1x1, 2x2, 4x4 and 6x6 cells, a quarter of the channels each, resized and joined
/// with the input, then mixed by a pointwise convolution.
public final class PyramidPooling: Module, Layer {
  let stage1, stage2, stage3, stage4: Sequential
  let conv: ConvBNAct

  /// - Parameter bias: Whether the last convolution has a bias in front of the normalization.
  public init(_ inputs: Int, _ outputs: Int, bias: Bool = true, activation: Activation.Kind = .relu) {
    func stage(_ cells: IntPair) -> Sequential {
      Sequential(AdaptiveAvgPool2d(cells), Conv2d(inputs, inputs / 4, kernel: 1, bias: false))
    }
    stage1 = stage(1)
    stage2 = stage(2)
    stage3 = stage(4)
    stage4 = stage(6)
    conv = ConvBNAct(2 * inputs, outputs, kernel: 1, bias: bias, activation: activation)
  }

  /// Runs the module: [N, inputs, H, W] in, [N, outputs, H, W] out.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    conv(cat([x] + [stage1, stage2, stage3, stage4].map { $0(x).resized(to: x.spatialSize) }))
  }
}
