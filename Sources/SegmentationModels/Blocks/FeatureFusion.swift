import Torch

/// BiSeNet's feature fusion module: joins two paths, mixes them and adds the channels again, weighted by their means.
public final class FeatureFusion: Module {
  let conv1: ConvBNAct
  let conv2: Sequential

  /// - Parameter inputs: Channels of both paths together.
  public init(_ inputs: Int, _ outputs: Int) {
    conv1 = ConvBNAct(inputs, outputs)
    conv2 = Sequential(
      Conv2d(outputs, outputs, kernel: 1, bias: false), Activation(.relu, inPlace: true),
      Conv2d(outputs, outputs, kernel: 1, bias: false), Activation(.sigmoid))
  }

  /// Fuses two maps of one size: [N, C, H, W] each in, [N, outputs, H, W] out. Their channels together are `inputs`.
  public func callAsFunction(_ first: Tensor, _ second: Tensor) -> Tensor {
    let mixed = conv1(cat([first, second]))
    return mixed + mixed * conv2(mixed.adaptiveAvgPool2d(1))
  }
}
