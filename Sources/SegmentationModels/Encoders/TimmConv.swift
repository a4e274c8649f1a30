import Torch

/// timm's convolution with a normalization and an activation. Keys: "conv.weight", "bn.weight", ...
final class TimmConv: Module, Layer {
  let conv: Conv2d
  let bn: BatchNorm2d
  private let activates: Bool

  /// - Parameter activates: Whether a ReLU follows.
  init(
    _ inputs: Int, _ outputs: Int, kernel: Int = 1, stride: Int = 1, dilation: Int = 1, groups: Int = 1,
    activates: Bool = true
  ) {
    conv = Conv2d(
      inputs, outputs, kernel: IntPair(kernel), stride: IntPair(stride), padding: .centered,
      dilation: IntPair(dilation), groups: groups, bias: false)
    bn = BatchNorm2d(outputs)
    self.activates = activates
  }

  func callAsFunction(_ x: Tensor) -> Tensor { activates ? bn.relu(conv(x)) : bn(conv(x)) }
}

extension EncoderOptions {
  /// The dilation in the first block of a stage that would end at 1/`scale`, in timm's networks: that of the stage before.
  func firstDilation(at scale: Int) -> Int { dilation(at: scale / 2) }
}

extension PretrainedNames {
  /// The spelling of timm's files for a network inside a property `model`. Layers that the network leaves out are not used.
  static func timm(_ encoder: Module) -> PretrainedNames {
    PretrainedNames(within: encoder) { $0.hasPrefix("model.") ? $0 : "model.\($0)" }
  }
}
