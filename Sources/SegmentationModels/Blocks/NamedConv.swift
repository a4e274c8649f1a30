import Torch

/// A convolution, its normalization and perhaps ReLU, under the names of mmcv's ConvModule. Keys begin "conv." and "bn.".
final class NamedConv: Module, Layer {
  /// The order in which the parts run. The names' order stays.
  enum Order {
    /// The convolution, then its normalization.
    case conv
    /// The same with ReLU at the end.
    case convReLU
    /// Normalization and ReLU, then the convolution.
    case reluConv
  }

  /// The numbers of a normalization.
  struct Norm {
    var momentum = 0.1
    var epsilon = 1e-5

    func callAsFunction(_ channels: Int) -> BatchNorm2d {
      BatchNorm2d(channels, momentum: momentum, epsilon: epsilon)
    }
  }

  let conv: Conv2d
  let bn: BatchNorm2d
  private let order: Order

  /// At stride 1, an odd kernel keeps the size.
  init(
    _ inputs: Int, _ outputs: Int, kernel: IntPair = 3, stride: Int = 1, dilation: Int = 1, groups: Int = 1,
    bias: Bool = false, norm: Norm = Norm(), order: Order = .conv
  ) {
    conv = Conv2d(
      inputs, outputs, kernel: kernel, stride: IntPair(stride), padding: .centered,
      dilation: IntPair(dilation), groups: groups, bias: bias)
    bn = norm(order == .reluConv ? inputs : outputs)
    self.order = order
  }

  func callAsFunction(_ x: Tensor) -> Tensor {
    switch order {
    case .conv: bn(conv(x))
    case .convReLU: bn.relu(conv(x))
    case .reluConv: conv(bn.relu(x))
    }
  }
}
