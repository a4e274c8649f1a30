import Torch

/// Very deep convolutional networks (2014, <https://arxiv.org/abs/1409.1556>): stacks of 3x3 convolutions, each followed by
/// max pooling, with or without batch normalization.
public final class VGG: Module, FeatureEncoder {
  /// The number of layers, by torchvision's name; those with `bn` have batch normalization.
  public enum Variant: String, Sendable, CaseIterable {
    case vgg11, vgg13, vgg16, vgg19
    case vgg11bn = "vgg11_bn"
    case vgg13bn = "vgg13_bn"
    case vgg16bn = "vgg16_bn"
    case vgg19bn = "vgg19_bn"

    /// How many convolutions each stack has.
    var convolutions: [Int] {
      switch self {
      case .vgg11, .vgg11bn: [1, 1, 2, 2, 2]
      case .vgg13, .vgg13bn: [2, 2, 2, 2, 2]
      case .vgg16, .vgg16bn: [2, 2, 3, 3, 3]
      case .vgg19, .vgg19bn: [2, 2, 4, 4, 4]
      }
    }

    var normalizes: Bool { rawValue.hasSuffix("bn") }
  }

  let features: Sequential
  /// Numbers of the layers that end a stack: the poolings, and the end.
  private let ends: [Int]
  /// The channels of the feature maps at 1/1, 1/2, 1/4, 1/8, 1/16 and 1/32 of the image's size; the first is no copy of
  /// the images.
  public let featureChannels = [64, 128, 256, 512, 512, 512]

  /// Makes an encoder with random weights.
  /// - Parameter options: The input's channels. There are no dilations, since poolings shrink the maps.
  public init(_ variant: Variant, _ options: EncoderOptions = EncoderOptions()) {
    var layers: [any Layer] = []
    var ends: [Int] = []
    var inputs = options.inputChannels
    for (count, outputs) in zip(variant.convolutions, [64, 128, 256, 512, 512]) {
      for _ in 0..<count {
        layers.append(Conv2d(inputs, outputs, kernel: 3, padding: 1))
        if variant.normalizes { layers.append(BatchNorm2d(outputs)) }
        layers.append(Activation(.relu, inPlace: true))
        inputs = outputs
      }
      ends.append(layers.count)
      layers.append(MaxPool2d(2))
    }
    features = Sequential(layers)
    self.ends = ends + [layers.count]
    super.init()
    initializeConvolutionsLikeTorchvision()
    visit { _, module in (module as? Conv2d)?.bias?.initializeZero() }
  }

  /// The spelling of torchvision's files.
  public var pretrainedNames: PretrainedNames { PretrainedNames(classifier: "classifier.") }

  /// The first `depth + 1` feature maps of images [N, C, H, W], beginning with one at the images' size.
  public func features(of images: Tensor, depth: Int) -> [Tensor] {
    var maps: [Tensor] = []
    for (start, end) in zip([0] + ends, ends.prefix(depth + 1)) {
      maps.append(features.layers[start..<end].reduce(maps.last ?? images) { $1($0) })
    }
    return maps
  }
}
