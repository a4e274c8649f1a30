import Torch

/// Xception (2016, <https://arxiv.org/abs/1610.02357>): residual blocks of depthwise separable convolutions.
///
/// The first two convolutions pad, so that sizes halve exactly.
public final class Xception: Module, FeatureEncoder {
  let conv1: Conv2d
  let bn1: BatchNorm2d
  let conv2: Conv2d
  let bn2: BatchNorm2d
  let block1, block2, block3, block4, block5, block6, block7, block8, block9, block10, block11, block12: Block
  let conv3: SeparableConv
  let bn3: BatchNorm2d
  let conv4: SeparableConv
  let bn4: BatchNorm2d
  /// The channels of the feature maps at 1/1, 1/2, 1/4, 1/8, 1/16 and 1/32 of the image's size.
  public let featureChannels: [Int]

  /// Makes an encoder with random weights.
  /// - Parameter options: The input's channels. There are no dilations, since poolings shrink the maps.
  public init(_ options: EncoderOptions = EncoderOptions()) {
    conv1 = Conv2d(options.inputChannels, 32, kernel: 3, stride: 2, padding: 1, bias: false)
    bn1 = BatchNorm2d(32)
    conv2 = Conv2d(32, 64, kernel: 3, padding: 1, bias: false)
    bn2 = BatchNorm2d(64)
    block1 = Block(channels: [64, 128, 128], stride: 2, startsWithActivation: false)
    block2 = Block(channels: [128, 256, 256], stride: 2)
    block3 = Block(channels: [256, 728, 728], stride: 2)
    func middle() -> Block { Block(channels: [728, 728, 728, 728], stride: 1) }
    block4 = middle()
    block5 = middle()
    block6 = middle()
    block7 = middle()
    block8 = middle()
    block9 = middle()
    block10 = middle()
    block11 = middle()
    block12 = Block(channels: [728, 728, 1024], stride: 2)
    conv3 = SeparableConv(1024, 1536)
    bn3 = BatchNorm2d(1536)
    conv4 = SeparableConv(1536, 2048)
    bn4 = BatchNorm2d(2048)
    featureChannels = [options.inputChannels, 64, 128, 256, 728, 2048]
  }

  /// The spelling of the files in the pretrained-models collection for PyTorch.
  public var pretrainedNames: PretrainedNames { PretrainedNames(classifier: "fc.") }

  /// The first `depth + 1` feature maps of images [N, C, H, W], beginning with the images themselves.
  public func features(of images: Tensor, depth: Int) -> [Tensor] {
    var maps = [images, bn2(conv2(bn1(conv1(images)).relu())).relu()]
    if depth >= 2 { maps.append(block1(maps[1])) }
    if depth >= 3 { maps.append(block2(maps[2])) }
    if depth >= 4 {
      let middle = [block4, block5, block6, block7, block8, block9, block10, block11]
      maps.append(middle.reduce(block3(maps[3])) { $1($0) })
    }
    if depth >= 5 { maps.append(bn4(conv4(bn3(conv3(block12(maps[4]))).relu()))) }
    return maps
  }

  /// Activations and separable convolutions, then max pooling if the block strides; the input is added.
  final class Block: Module, Layer {
    let skip: Conv2d?
    let skipbn: BatchNorm2d?
    let rep: Sequential

    init(channels: [Int], stride: Int, startsWithActivation: Bool = true) {
      let inputs = channels[0]
      let outputs = channels[channels.count - 1]
      let changes = stride != 1 || inputs != outputs
      skip = changes ? Conv2d(inputs, outputs, kernel: 1, stride: IntPair(stride), bias: false) : nil
      skipbn = changes ? BatchNorm2d(outputs) : nil
      var layers: [any Layer] = []
      for (inputs, outputs) in zip(channels, channels.dropFirst()) {
        layers += [Activation(.relu), SeparableConv(inputs, outputs), BatchNorm2d(outputs)]
      }
      if stride != 1 { layers.append(MaxPool2d(3, stride: IntPair(stride), padding: 1)) }
      rep = Sequential(startsWithActivation ? layers : Array(layers.dropFirst()))
    }

    func callAsFunction(_ x: Tensor) -> Tensor {
      guard let skip, let skipbn else { return rep(x) + x }
      return rep(x) + skipbn(skip(x))
    }
  }

  final class SeparableConv: Module, Layer {
    let conv1: Conv2d
    let pointwise: Conv2d

    init(_ inputs: Int, _ outputs: Int) {
      conv1 = Conv2d(inputs, inputs, kernel: 3, padding: 1, groups: inputs, bias: false)
      pointwise = Conv2d(inputs, outputs, kernel: 1, bias: false)
    }

    func callAsFunction(_ x: Tensor) -> Tensor { pointwise(conv1(x)) }
  }
}
