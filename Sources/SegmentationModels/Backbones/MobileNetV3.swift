import Torch

/// MobileNetV3 (2019, <https://arxiv.org/abs/1905.02244>) as torchvision builds it for segmentation, without the classifier:
/// inverted residuals with channel gates, and dilations in place of the last stride.
public final class MobileNetV3: Sequential, Pretrainable {
  /// The size of the network, by torchvision's name.
  public enum Variant: String, Sendable, CaseIterable {
    case large = "mobilenet_v3_large"
    case small = "mobilenet_v3_small"

    /// The layers between the first and the last convolution.
    var blocks: [Block.Shape] {
      func block(
        _ kernel: Int, _ width: Int, _ outputs: Int, gated: Bool = false, _ activation: Activation.Kind = .hardswish,
        stride: Int = 1, dilation: Int = 1
      ) -> Block.Shape {
        Block.Shape(
          kernel: kernel, width: width, outputs: outputs, isGated: gated, activation: activation, stride: stride,
          dilation: dilation)
      }
      switch self {
      case .large:
        return [
          block(3, 16, 16, .relu), block(3, 64, 24, .relu, stride: 2), block(3, 72, 24, .relu),
          block(5, 72, 40, gated: true, .relu, stride: 2), block(5, 120, 40, gated: true, .relu),
          block(5, 120, 40, gated: true, .relu), block(3, 240, 80, stride: 2), block(3, 200, 80), block(3, 184, 80),
          block(3, 184, 80), block(3, 480, 112, gated: true), block(3, 672, 112, gated: true),
          block(5, 672, 160, gated: true, dilation: 2), block(5, 960, 160, gated: true, dilation: 2),
          block(5, 960, 160, gated: true, dilation: 2),
        ]
      case .small:
        return [
          block(3, 16, 16, gated: true, .relu, stride: 2), block(3, 72, 24, .relu, stride: 2), block(3, 88, 24, .relu),
          block(5, 96, 40, gated: true, stride: 2), block(5, 240, 40, gated: true), block(5, 240, 40, gated: true),
          block(5, 120, 48, gated: true), block(5, 144, 48, gated: true), block(5, 288, 96, gated: true, dilation: 2),
          block(5, 576, 96, gated: true, dilation: 2), block(5, 576, 96, gated: true, dilation: 2),
        ]
      }
    }

    /// The number of the layer that ends at 1/8 of the image's size.
    var lowLayer: Int { self == .large ? 4 : 2 }
  }

  /// The channels of the maps at 1/8 and at 1/16 of the image's size.
  public let channels: (low: Int, high: Int)
  private let lowLayer: Int

  /// Makes a backbone with random weights.
  public init(_ variant: Variant) {
    let shapes = variant.blocks
    let last = shapes[shapes.count - 1].outputs
    var layers: [any Layer] = [Self.convolution(ImageChannels.count, 16, kernel: 3, stride: 2, activation: .hardswish)]
    var inputs = 16
    for shape in shapes {
      layers.append(Block(inputs, shape))
      inputs = shape.outputs
    }
    layers.append(Self.convolution(last, 6 * last, kernel: 1, activation: .hardswish))
    channels = (shapes[variant.lowLayer - 1].outputs, 6 * last)
    lowLayer = variant.lowLayer
    super.init(layers)
    visit { _, module in
      guard let conv = module as? Conv2d else { return }
      conv.weight.initializeKaimingNormalFanOut()
      conv.bias?.initializeZero()
    }
  }

  /// The spelling of torchvision's files.
  public var pretrainedNames: PretrainedNames {
    PretrainedNames { $0.hasPrefix("features.") ? String($0.dropFirst("features.".count)) : nil }
  }

  /// The maps of images [N, 3, H, W] at 1/8 and at 1/16 of their size.
  func maps(_ x: Tensor) -> (low: Tensor, high: Tensor) {
    let low = layers[...lowLayer].reduce(x) { $1($0) }
    return (low, layers[(lowLayer + 1)...].reduce(low) { $1($0) })
  }

  static func convolution(
    _ inputs: Int, _ outputs: Int, kernel: Int, stride: Int = 1, dilation: Int = 1, groups: Int = 1,
    activation: Activation.Kind = .none
  ) -> Sequential {
    Sequential(
      Conv2d(
        inputs, outputs, kernel: IntPair(kernel), stride: IntPair(stride), padding: .centered,
        dilation: IntPair(dilation), groups: groups, bias: false),
      BatchNorm2d(outputs, momentum: 0.01, epsilon: 1e-3), Activation(activation, inPlace: true))
  }

  /// Widens if the width differs from the inputs, filters by channel, gates, and narrows without an activation. The input is
  /// added if size and channels stay.
  final class Block: Module, Layer {
    struct Shape {
      let kernel: Int
      /// The channels that the block widens to.
      let width: Int
      let outputs: Int
      let isGated: Bool
      let activation: Activation.Kind
      let stride: Int
      let dilation: Int
    }

    let block: Sequential
    private let addsInput: Bool

    init(_ inputs: Int, _ shape: Shape) {
      let width = shape.width
      var layers: [any Layer] = []
      if width != inputs { layers.append(convolution(inputs, width, kernel: 1, activation: shape.activation)) }
      layers.append(
        convolution(
          width, width, kernel: shape.kernel, stride: shape.stride, dilation: shape.dilation, groups: width,
          activation: shape.activation))
      if shape.isGated { layers.append(Gate(width)) }
      layers.append(convolution(width, shape.outputs, kernel: 1))
      block = Sequential(layers)
      addsInput = shape.stride == 1 && inputs == shape.outputs
    }

    func callAsFunction(_ x: Tensor) -> Tensor { addsInput ? block(x) + x : block(x) }
  }

  /// Multiplies each channel by a number between 0 and 1 found from all channels' means.
  final class Gate: Module, Layer {
    let fc1: Conv2d
    let fc2: Conv2d

    init(_ channels: Int) {
      let reduced = (channels / 4).roundedChannels
      fc1 = Conv2d(channels, reduced, kernel: 1)
      fc2 = Conv2d(reduced, channels, kernel: 1)
    }

    func callAsFunction(_ x: Tensor) -> Tensor { fc2(fc1(x.adaptiveAvgPool2d(1)).relu()).hardsigmoid() * x }
  }
}
