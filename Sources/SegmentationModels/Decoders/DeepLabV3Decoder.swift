import Torch

/// DeepLabV3: convolutions of several dilations side by side on a map at 1/8.
final class DeepLabV3Decoder: Module, FeatureDecoder {
  let aspp: AtrousPyramid
  let conv: Conv2d
  let bn: BatchNorm2d
  let outputs = 256

  init(_ channels: [Int]) {
    aspp = AtrousPyramid(channels[channels.count - 1], outputs, isSeparable: false)
    conv = Conv2d(outputs, outputs, kernel: 3, padding: 1, bias: false)
    bn = BatchNorm2d(outputs)
  }

  func callAsFunction(_ maps: [Tensor]) -> Tensor { bn(conv(aspp(maps[maps.count - 1]))).relu() }
}

/// DeepLabV3+: the same with separable convolutions on a map at 1/16, then joined with a map at 1/4.
final class DeepLabV3PlusDecoder: Module, FeatureDecoder {
  let aspp: Sequential
  let block1: ConvBNAct
  let block2: Sequential
  let outputs = 256
  private let scale: Double

  init(_ channels: [Int]) {
    aspp = Sequential(
      AtrousPyramid(channels[channels.count - 1], outputs, isSeparable: true), SeparableConv(outputs, outputs),
      BatchNorm2d(outputs), Activation(.relu))
    block1 = ConvBNAct(channels[2], 48, kernel: 1)
    block2 = Sequential(SeparableConv(48 + outputs, outputs), BatchNorm2d(outputs), Activation(.relu))
    scale = channels.count > 4 ? 4 : 2
  }

  func callAsFunction(_ maps: [Tensor]) -> Tensor {
    block2(cat([aspp(maps[maps.count - 1]).resized(by: scale), block1(maps[2])]))
  }

  /// Depthwise, then pointwise, without anything between.
  final class SeparableConv: Sequential {
    init(_ inputs: Int, _ outputs: Int, dilation: Int = 1) {
      super.init(
        Conv2d(
          inputs, inputs, kernel: 3, padding: .centered, dilation: IntPair(dilation), groups: inputs, bias: false),
        Conv2d(inputs, outputs, kernel: 1, bias: false))
    }
  }
}

/// Atrous spatial pyramid pooling: a pointwise convolution, 3x3 ones with dilations 12, 24 and 36, and the map's mean,
/// joined and mixed.
final class AtrousPyramid: Module, Layer {
  let convs: [any Layer]
  let project: Sequential

  init(_ inputs: Int, _ outputs: Int, isSeparable: Bool) {
    let dilated = [12, 24, 36].map { dilation -> any Layer in
      isSeparable
        ? Sequential(
          DeepLabV3PlusDecoder.SeparableConv(inputs, outputs, dilation: dilation), BatchNorm2d(outputs),
          Activation(.relu)) : ConvBNAct(inputs, outputs, dilation: IntPair(dilation))
    }
    let mean = Sequential(
      AdaptiveAvgPool2d(1), Conv2d(inputs, outputs, kernel: 1, bias: false), BatchNorm2d(outputs), Activation(.relu))
    convs = [ConvBNAct(inputs, outputs, kernel: 1)] + dilated + [mean]
    project = Sequential(
      Conv2d(5 * outputs, outputs, kernel: 1, bias: false), BatchNorm2d(outputs), Activation(.relu), Dropout(0.5))
  }

  func callAsFunction(_ x: Tensor) -> Tensor {
    let size = x.spatialSize
    let branches = convs.map { $0(x) }
    let mean = branches[branches.count - 1].expand([-1, -1, size.height, size.width])
    return project(cat(branches.dropLast() + [mean]))
  }
}
