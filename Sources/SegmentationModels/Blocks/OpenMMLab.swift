import Torch

/// A convolution with a normalization and an activation, by the key names of OpenMMLab's library mmcv: "conv.weight",
/// "bn.weight" or "gn.weight", ...
final class ConvModule: Module, Layer {
  /// The kinds of normalization.
  enum Normalization {
    case batch
    /// Over 32 groups of channels.
    case groups
    case none
  }

  let conv: Conv2d
  let bn: BatchNorm2d?
  let gn: GroupNorm?
  let activate: Activation

  /// - Parameter bias: Whether the convolution has a bias; `nil` means that it has one if nothing normalizes it.
  init(
    _ inputs: Int, _ outputs: Int, kernel: Int = 1, stride: Int = 1, groups: Int = 1, bias: Bool? = nil,
    _ normalization: Normalization = .batch, activation: Activation.Kind = .relu
  ) {
    conv = Conv2d(
      inputs, outputs, kernel: IntPair(kernel), stride: IntPair(stride), padding: .centered, groups: groups,
      bias: bias ?? (normalization == .none))
    bn = normalization == .batch ? BatchNorm2d(outputs) : nil
    gn = normalization == .groups ? GroupNorm(groups: 32, outputs) : nil
    activate = Activation(activation)
  }

  func callAsFunction(_ x: Tensor) -> Tensor {
    let y = conv(x)
    return activate(bn?(y) ?? gn?(y) ?? y)
  }
}

extension Tensor {
  /// Bilinear resizing without aligned corners, as OpenMMLab's networks do it.
  func resizedByEdges(to size: ImageSize) -> Tensor {
    spatialSize == size ? self : upsampleBilinear2d(size: size, alignCorners: false)
  }
}
