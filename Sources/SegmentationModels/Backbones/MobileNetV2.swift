import Torch

/// MobileNetV2: inverted residuals and linear bottlenecks (2018, <https://arxiv.org/abs/1801.04381>), as torchvision builds
/// it, without the last convolution and the classifier.
///
/// Blocks widen, filter each channel on its own, and narrow without an activation; the narrow ends are added.
public final class MobileNetV2: Module, BackboneNetwork {
  let layer1, layer2, layer3, layer4: Sequential
  /// The channels of the four feature maps, at 1/4, 1/8, 1/16 and 1/32 of the image's size.
  public let channels = [24, 32, 96, 320]

  public override init() {
    let features = Self.features()
    let layers = Self.ranges.map { Sequential(Array(features[$0]), firstIndex: $0.lowerBound) }
    (layer1, layer2, layer3, layer4) = (layers[0], layers[1], layers[2], layers[3])
    super.init()
    initializeConvolutionsLikeTorchvision()
  }

  /// The layers up to the last block, numbered as torchvision numbers them.
  /// - Parameter options: The channels of the images, and the stage from which strides become dilations.
  static func features(_ options: EncoderOptions = EncoderOptions()) -> [any Layer] {
    var features: [any Layer] = [ConvBNAct(options.inputChannels, 32, stride: 2, activation: .relu6)]
    var inputs = 32
    var scale = 2
    for (expansion, outputs, count, stride) in [
      (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1),
    ] {
      scale *= stride
      for index in 0..<count {
        let strides = index == 0 && stride == 2
        features.append(
          Block(
            inputs, outputs, stride: strides ? options.stride(at: scale) : 1, dilation: options.dilation(at: scale),
            expansion: expansion))
        inputs = outputs
      }
    }
    return features
  }

  /// The ranges of torchvision's `features` that make up each layer here.
  private static let ranges = [0..<4, 4..<7, 7..<14, 14..<18]

  /// The spelling of torchvision's files.
  public var pretrainedNames: PretrainedNames {
    PretrainedNames { key in
      // The last convolution widens for the classifier.
      if key.hasPrefix("classifier.") || key.hasPrefix("features.18.") { return nil }
      let parts = key.split(separator: ".", maxSplits: 2)
      guard parts.count == 3, parts[0] == "features", let index = Int(parts[1]),
        let layer = Self.ranges.firstIndex(where: { $0.contains(index) })
      else { return key }
      return "layer\(layer + 1).\(index).\(parts[2])"
    }
  }

  /// The four feature maps of images [N, 3, H, W], at 1/4, 1/8, 1/16 and 1/32 of their size.
  public func callAsFunction(_ x: Tensor) -> [Tensor] {
    let quarter = layer1(x)
    let eighth = layer2(quarter)
    let sixteenth = layer3(eighth)
    return [quarter, eighth, sixteenth, layer4(sixteenth)]
  }

  /// A bottleneck. If `expansion` is 1, it has no widening convolution.
  final class Block: Module, Layer {
    let conv: Sequential
    let addsInput: Bool

    init(_ inputs: Int, _ outputs: Int, stride: Int, dilation: Int, expansion: Int) {
      let width = inputs * expansion
      let widen: [any Layer] = expansion == 1 ? [] : [ConvBNAct(inputs, width, kernel: 1, activation: .relu6)]
      conv = Sequential(
        widen + [
          DWConvBNAct(
            width, width, stride: IntPair(stride), dilation: IntPair(dilation), activation: .relu6),
          Conv2d(width, outputs, kernel: 1, bias: false),
          BatchNorm2d(outputs),
        ])
      addsInput = stride == 1 && inputs == outputs
    }

    func callAsFunction(_ x: Tensor) -> Tensor { addsInput ? x + conv(x) : conv(x) }
  }
}
