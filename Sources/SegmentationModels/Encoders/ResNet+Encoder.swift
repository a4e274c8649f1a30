import Torch

/// ResNet, and ResNeXt (aggregated residual transformations, 2016, <https://arxiv.org/abs/1611.05431>), whose 3x3
/// convolutions work on groups of channels.
extension ResNet: FeatureEncoder {
  /// The number of layers and their kind, by torchvision's name.
  public enum EncoderVariant: String, Sendable, CaseIterable {
    case resnet18, resnet34, resnet50, resnet101, resnet152
    case resnext50 = "resnext50_32x4d"
    case resnext101w4 = "resnext101_32x4d"
    case resnext101 = "resnext101_32x8d"
    case resnext101w16 = "resnext101_32x16d"
    case resnext101w32 = "resnext101_32x32d"
    case resnext101w48 = "resnext101_32x48d"

    var shape: Shape {
      switch self {
      case .resnet18: Variant.resnet18.shape
      case .resnet34: Variant.resnet34.shape
      case .resnet50: Variant.resnet50.shape
      case .resnet101: Variant.resnet101.shape
      case .resnet152: Variant.resnet152.shape
      case .resnext50: Shape(blocks: [3, 4, 6, 3], groups: 32, groupWidth: 4)
      case .resnext101w4: Self.resnext101(groupWidth: 4)
      case .resnext101: Self.resnext101(groupWidth: 8)
      case .resnext101w16: Self.resnext101(groupWidth: 16)
      case .resnext101w32: Self.resnext101(groupWidth: 32)
      case .resnext101w48: Self.resnext101(groupWidth: 48)
      }
    }

    private static func resnext101(groupWidth: Int) -> Shape {
      Shape(blocks: [3, 4, 23, 3], groups: 32, groupWidth: groupWidth)
    }
  }

  convenience init(_ variant: EncoderVariant, _ options: EncoderOptions) {
    self.init(
      variant.shape, inputChannels: options.inputChannels,
      strides: [1, 2, options.stride(at: 16), options.stride(at: 32)],
      dilations: [1, 1, options.dilation(at: 16), options.dilation(at: 32)], dilatesWholeLayers: true)
  }

  /// The channels of the feature maps at 1/1, 1/2, 1/4, 1/8, 1/16 and 1/32 of the image's size.
  public var featureChannels: [Int] { [conv1.weight.size(1), 64] + channels }

  /// The first `depth + 1` feature maps of images [N, C, H, W], beginning with the images themselves.
  public func features(of images: Tensor, depth: Int) -> [Tensor] {
    let half = bn1(conv1(images))
    half.reluInPlace()
    var maps = [images, half]
    for (layer, index) in zip([layer1, layer2, layer3, layer4], 2...) where index <= depth {
      maps.append(layer(index == 2 ? half.maxPool2d(kernel: 3, stride: 2, padding: 1) : maps[index - 1]))
    }
    return maps
  }
}
