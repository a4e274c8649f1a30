import Torch

/// Densely connected networks (2016, <https://arxiv.org/abs/1608.06993>): each layer reads the maps of all layers before it in
/// its block, and adds a few channels.
public final class DenseNet: Module, FeatureEncoder {
  /// The number of layers, by torchvision's name.
  public enum Variant: String, Sendable, CaseIterable {
    case densenet121, densenet161, densenet169, densenet201

    /// Layers of each block.
    var layers: [Int] {
      switch self {
      case .densenet121: [6, 12, 24, 16]
      case .densenet161: [6, 12, 36, 24]
      case .densenet169: [6, 12, 32, 32]
      case .densenet201: [6, 12, 48, 32]
      }
    }

    /// Channels that each layer adds.
    var growth: Int { self == .densenet161 ? 48 : 32 }
  }

  let features: Features
  /// The channels of the feature maps at 1/1, 1/2, 1/4, 1/8, 1/16 and 1/32 of the image's size.
  public let featureChannels: [Int]

  /// Makes an encoder with random weights.
  /// - Parameter options: The input's channels. There are no dilations, since poolings shrink the maps.
  public init(_ variant: Variant, _ options: EncoderOptions = EncoderOptions()) {
    features = Features(variant, inputs: options.inputChannels)
    var channels = [options.inputChannels, 2 * variant.growth]
    for (index, layers) in variant.layers.enumerated() {
      channels.append(channels[index + 1] / (index == 0 ? 1 : 2) + layers * variant.growth)
    }
    featureChannels = channels
    super.init()
    visit { _, module in (module as? Conv2d)?.weight.initializeKaimingNormalFanIn() }
  }

  /// The spelling of torchvision's files.
  public var pretrainedNames: PretrainedNames {
    PretrainedNames { key in
      if key.hasPrefix("classifier.") { return nil }
      // torchvision's files have "denselayer1.norm.1.weight" for what its networks call "denselayer1.norm1.weight".
      return key.replacing(/(denselayer\d+\.(?:norm|relu|conv))\.([12]\.)/) { "\($0.1)\($0.2)" }
    }
  }

  /// The first `depth + 1` feature maps of images [N, C, H, W], beginning with the images themselves.
  public func features(of images: Tensor, depth: Int) -> [Tensor] {
    let half = features.norm0(features.conv0(images))
    half.reluInPlace()
    var maps = [images, half]
    let blocks = [features.denseblock1, features.denseblock2, features.denseblock3]
    let transitions = [features.transition1, features.transition2, features.transition3]
    for (index, block) in blocks.prefix(depth - 1).enumerated() {
      let x =
        index == 0 ? half.maxPool2d(kernel: 3, stride: 2, padding: 1) : transitions[index - 1].shrink(maps[index + 1])
      let map = transitions[index].norm(block(x))
      map.reluInPlace()
      maps.append(map)
    }
    if depth == 5 { maps.append(features.norm5(features.denseblock4(transitions[2].shrink(maps[4])))) }
    return maps
  }

  final class Features: Module {
    let conv0: Conv2d
    let norm0: BatchNorm2d
    let denseblock1: Block
    let transition1: Transition
    let denseblock2: Block
    let transition2: Transition
    let denseblock3: Block
    let transition3: Transition
    let denseblock4: Block
    let norm5: BatchNorm2d

    init(_ variant: Variant, inputs: Int) {
      var channels = 2 * variant.growth
      conv0 = Conv2d(inputs, channels, kernel: 7, stride: 2, padding: 3, bias: false)
      norm0 = BatchNorm2d(channels)
      func block(_ index: Int) -> Block {
        defer { channels += variant.layers[index] * variant.growth }
        return Block(channels, layers: variant.layers[index], growth: variant.growth)
      }
      func transition() -> Transition {
        defer { channels /= 2 }
        return Transition(channels)
      }
      denseblock1 = block(0)
      transition1 = transition()
      denseblock2 = block(1)
      transition2 = transition()
      denseblock3 = block(2)
      transition3 = transition()
      denseblock4 = block(3)
      norm5 = BatchNorm2d(channels)
    }
  }

  /// Layers of which each reads all maps so far. Keys: "denselayer1", "denselayer2", ...
  final class Block: Module {
    private let layers: [DenseLayer]

    init(_ inputs: Int, layers: Int, growth: Int) {
      self.layers = (0..<layers).map { DenseLayer(inputs + $0 * growth, growth: growth) }
    }

    override var children: [(name: String, module: Module)] {
      layers.enumerated().map { ("denselayer\($0 + 1)", $1) }
    }

    func callAsFunction(_ x: Tensor) -> Tensor { layers.reduce(x) { cat([$0, $1($0)]) } }
  }

  final class DenseLayer: Module {
    let norm1: BatchNorm2d
    let conv1: Conv2d
    let norm2: BatchNorm2d
    let conv2: Conv2d

    init(_ inputs: Int, growth: Int) {
      norm1 = BatchNorm2d(inputs)
      conv1 = Conv2d(inputs, 4 * growth, kernel: 1, bias: false)
      norm2 = BatchNorm2d(4 * growth)
      conv2 = Conv2d(4 * growth, growth, kernel: 3, padding: 1, bias: false)
    }

    func callAsFunction(_ x: Tensor) -> Tensor { conv2(norm2(conv1(norm1(x).relu())).relu()) }
  }

  /// Halves channels and size.
  final class Transition: Module {
    let norm: BatchNorm2d
    let conv: Conv2d

    init(_ inputs: Int) {
      norm = BatchNorm2d(inputs)
      conv = Conv2d(inputs, inputs / 2, kernel: 1, bias: false)
    }

    func shrink(_ x: Tensor) -> Tensor { conv(x).avgPool2d(kernel: 2, stride: 2) }
  }
}
