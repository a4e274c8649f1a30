import Torch

/// Squeeze-and-excitation networks (2017, <https://arxiv.org/abs/1709.01507>): residual networks whose blocks weigh their
/// channels by what the whole map shows.
///
/// SE-ResNets stride in the first convolution of their blocks, the others in the second one. SENet-154 has three 3x3
/// convolutions at first, and shortcuts of 3x3 where a layer shrinks.
public final class SENet: Module, FeatureEncoder {
  /// The number of layers and their kind, by the name in the pretrained-models collection for PyTorch.
  public enum Variant: String, Sendable, CaseIterable {
    case senet154
    case resnet50 = "se_resnet50"
    case resnet101 = "se_resnet101"
    case resnet152 = "se_resnet152"
    case resnext50 = "se_resnext50_32x4d"
    case resnext101 = "se_resnext101_32x4d"

    var blocks: [Int] {
      switch self {
      case .resnet50, .resnext50: [3, 4, 6, 3]
      case .resnet101, .resnext101: [3, 4, 23, 3]
      case .resnet152: [3, 8, 36, 3]
      case .senet154: [3, 8, 36, 3]
      }
    }

    var isResNeXt: Bool { self == .resnext50 || self == .resnext101 }
  }

  let layer0: Stem
  let layer1, layer2, layer3, layer4: Sequential
  /// The channels of the feature maps at 1/1, 1/2, 1/4, 1/8, 1/16 and 1/32 of the image's size.
  public let featureChannels: [Int]

  /// Makes an encoder with random weights.
  public init(_ variant: Variant, _ options: EncoderOptions = EncoderOptions()) {
    let isDeep = variant == .senet154
    layer0 = Stem(options.inputChannels, isDeep: isDeep)
    func layer(_ index: Int, stride: Int, dilation: Int = 1) -> Sequential {
      let width = 64 << index
      return Sequential(
        (0..<variant.blocks[index]).map { block in
          Block(
            block > 0 ? 4 * width : index > 0 ? 2 * width : isDeep ? 128 : 64, width, stride: block > 0 ? 1 : stride,
            dilation: dilation, variant, shortcutKernel: isDeep && index > 0 ? 3 : 1)
        })
    }
    layer1 = layer(0, stride: 1)
    layer2 = layer(1, stride: 2)
    layer3 = layer(2, stride: options.stride(at: 16), dilation: options.dilation(at: 16))
    layer4 = layer(3, stride: options.stride(at: 32), dilation: options.dilation(at: 32))
    featureChannels = [options.inputChannels, isDeep ? 128 : 64, 256, 512, 1024, 2048]
  }

  /// The spelling of the files in the pretrained-models collection for PyTorch.
  public var pretrainedNames: PretrainedNames { PretrainedNames(classifier: "last_linear.") }

  /// The first `depth + 1` feature maps of images [N, C, H, W], beginning with the images themselves.
  public func features(of images: Tensor, depth: Int) -> [Tensor] {
    var maps = [images, layer0(images)]
    for (layer, index) in zip([layer1, layer2, layer3, layer4], 2...) where index <= depth {
      maps.append(layer(index == 2 ? maps[1].maxPool2d(kernel: 3, stride: 2, ceilMode: true) : maps[index - 1]))
    }
    return maps
  }

  final class Stem: Module {
    let conv1: Conv2d
    let bn1: BatchNorm2d
    let conv2: Conv2d?
    let bn2: BatchNorm2d?
    let conv3: Conv2d?
    let bn3: BatchNorm2d?

    /// - Parameter isDeep: Whether there are three convolutions of 3x3 in place of one of 7x7.
    init(_ inputs: Int, isDeep: Bool) {
      func conv(_ inputs: Int, _ outputs: Int, kernel: Int = 3, stride: Int = 1) -> Conv2d {
        Conv2d(
          inputs, outputs, kernel: IntPair(kernel), stride: IntPair(stride), padding: .centered, bias: false)
      }
      conv1 = conv(inputs, 64, kernel: isDeep ? 3 : 7, stride: 2)
      bn1 = BatchNorm2d(64)
      conv2 = isDeep ? conv(64, 64) : nil
      bn2 = isDeep ? BatchNorm2d(64) : nil
      conv3 = isDeep ? conv(64, 128) : nil
      bn3 = isDeep ? BatchNorm2d(128) : nil
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      let y = bn1.relu(conv1(x))
      guard let conv2, let bn2, let conv3, let bn3 else { return y }
      return bn3.relu(conv3(bn2.relu(conv2(y))))
    }
  }

  final class Block: Module, Layer {
    let conv1: Conv2d
    let bn1: BatchNorm2d
    let conv2: Conv2d
    let bn2: BatchNorm2d
    let conv3: Conv2d
    let bn3: BatchNorm2d
    let seModule: ChannelGate
    let downsample: Sequential?

    init(
      _ inputs: Int, _ planes: Int, stride: Int, dilation: Int, _ variant: Variant, shortcutKernel: Int
    ) {
      let outputs = 4 * planes
      let isDeep = variant == .senet154
      let stridesLater = variant.isResNeXt || isDeep
      let width = variant.isResNeXt ? planes / 16 * 32 : isDeep ? 2 * planes : planes
      let filtered = isDeep ? outputs : width
      conv1 = Conv2d(inputs, width, kernel: 1, stride: IntPair(stridesLater ? 1 : stride), bias: false)
      bn1 = BatchNorm2d(width)
      conv2 = Conv2d(
        width, filtered, kernel: 3, stride: IntPair(stridesLater ? stride : 1), padding: .centered,
        dilation: IntPair(dilation), groups: variant.isResNeXt ? 32 : isDeep ? 64 : 1, bias: false)
      bn2 = BatchNorm2d(filtered)
      conv3 = Conv2d(filtered, outputs, kernel: 1, bias: false)
      bn3 = BatchNorm2d(outputs)
      seModule = ChannelGate(outputs, reduction: 16)
      downsample =
        stride != 1 || inputs != outputs
        ? Sequential(
          Conv2d(
            inputs, outputs, kernel: IntPair(shortcutKernel), stride: IntPair(stride), padding: .centered,
            dilation: IntPair(dilation), bias: false), BatchNorm2d(outputs)) : nil
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      var y = bn1(conv1(x))
      y.reluInPlace()
      y = bn2(conv2(y))
      y.reluInPlace()
      y = seModule(bn3(conv3(y))) + (downsample?(x) ?? x)
      y.reluInPlace()
      return y
    }
  }

  /// Multiplies each channel by a number between 0 and 1 found from all channels' means.
  final class ChannelGate: Module {
    let fc1: Conv2d
    let fc2: Conv2d

    init(_ channels: Int, reduction: Int) {
      fc1 = Conv2d(channels, channels / reduction, kernel: 1)
      fc2 = Conv2d(channels / reduction, channels, kernel: 1)
    }

    func callAsFunction(_ x: Tensor) -> Tensor { x * fc2(fc1(x.adaptiveAvgPool2d(1)).relu()).sigmoid() }
  }
}
