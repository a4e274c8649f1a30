import Torch

/// The second half of an encoder–decoder network. It turns feature maps into the features from which class scores are
/// computed.
protocol FeatureDecoder: Module {
  /// Channels of the result.
  var outputs: Int { get }

  /// Combines the encoder's maps; the first has the image's size.
  func callAsFunction(_ maps: [Tensor]) -> Tensor
}

/// A decoder by name.
public enum DecoderKind: String, Sendable, CaseIterable {
  /// DeepLabV3 (2017, <https://arxiv.org/abs/1706.05587>): dilated convolutions side by side on the last map.
  case deeplabv3
  /// DeepLabV3+ (2018, <https://arxiv.org/abs/1802.02611>): DeepLabV3 with detail from the map at 1/4.
  case deeplabv3p
  /// Feature pyramid network (2017, <https://arxiv.org/abs/1901.02446>): a sum of all maps, from the smallest one up.
  case fpn
  /// LinkNet (2017, <https://arxiv.org/abs/1707.03718>): each map is added to the enlarged smaller one.
  case linknet
  /// MA-Net (2020, <https://doi.org/10.1109/ACCESS.2020.3025372>): U-Net with attention over places and over maps.
  case manet
  /// Pyramid attention network (2018, <https://arxiv.org/abs/1805.10180>): attention from the smallest map up.
  case pan
  /// Pyramid scene parsing network (2016, <https://arxiv.org/abs/1612.01105>): means over grids of the last map.
  case pspnet
  /// SegFormer (2021, <https://arxiv.org/abs/2105.15203>): all maps, each through a linear layer, joined at 1/4.
  case segformer
  /// U-Net (2015, <https://arxiv.org/abs/1505.04597>): each map is joined to the enlarged smaller one.
  case unet
  /// U-Net++ (2018, <https://arxiv.org/abs/1807.10165>): U-Net with more steps between encoder and decoder.
  case unetpp
  /// UPerNet (2018, <https://arxiv.org/abs/1807.10221>): means over grids of the last map, and a pyramid from it up.
  case upernet

  /// The paper's title, year and place.
  var summary: (title: String, year: Int, paper: String) {
    switch self {
    case .deeplabv3:
      ("Rethinking atrous convolution for semantic image segmentation", 2017, "https://arxiv.org/abs/1706.05587")
    case .deeplabv3p:
      (
        "Encoder-decoder with atrous separable convolution for semantic image segmentation", 2018,
        "https://arxiv.org/abs/1802.02611"
      )
    case .fpn:
      ("A unified architecture for instance and semantic segmentation", 2017, "https://arxiv.org/abs/1901.02446")
    case .linknet:
      (
        "LinkNet: exploiting encoder representations for efficient semantic segmentation", 2017,
        "https://arxiv.org/abs/1707.03718"
      )
    case .manet:
      (
        "MA-Net: a multi-scale attention network for liver and tumor segmentation", 2020,
        "https://doi.org/10.1109/ACCESS.2020.3025372"
      )
    case .pan: ("Pyramid attention network for semantic segmentation", 2018, "https://arxiv.org/abs/1805.10180")
    case .pspnet: ("Pyramid scene parsing network", 2016, "https://arxiv.org/abs/1612.01105")
    case .segformer:
      (
        "SegFormer: simple and efficient design for semantic segmentation with transformers", 2021,
        "https://arxiv.org/abs/2105.15203"
      )
    case .unet:
      (
        "U-Net: convolutional networks for biomedical image segmentation", 2015, "https://arxiv.org/abs/1505.04597"
      )
    case .unetpp:
      ("UNet++: a nested U-Net architecture for medical image segmentation", 2018, "https://arxiv.org/abs/1807.10165")
    case .upernet: ("Unified perceptual parsing for scene understanding", 2018, "https://arxiv.org/abs/1807.10221")
    }
  }

  /// The factor between the image's size and the encoder's last map. If it is below 32, the encoder's last stages
  /// dilate.
  var encoderOutputStride: Int {
    switch self {
    case .deeplabv3: 8
    case .deeplabv3p, .pan: 16
    default: 32
    }
  }

  /// The number of times that the encoder halves the size by default.
  public var defaultDepth: Int { self == .pspnet ? 3 : 5 }

  /// The sizes of images that a network with this decoder takes.
  func sizes(depth: Int) -> SizeRule {
    let multiple = min(encoderOutputStride, 1 << depth)
    // Three poolings of the last map must leave something.
    return SizeRule(multiple: multiple, minimum: self == .pan ? 8 * multiple : 1)
  }

  /// The kernel of the convolution that gives class scores, and the factor by which they are resized.
  func head(depth: Int) -> (kernel: Int, scale: Int) {
    switch self {
    case .unet, .unetpp, .manet: (3, 1)
    case .linknet: (1, 1)
    case .fpn: (1, 1 << (depth - 3))
    case .pspnet: (3, 1 << depth)
    case .pan: (3, 4)
    case .deeplabv3: (1, 8)
    case .deeplabv3p, .segformer, .upernet: (1, 4)
    }
  }

  /// A new decoder with random weights.
  func makeDecoder(channels: [Int], encoder: EncoderKind) -> any FeatureDecoder {
    var isVGG = false
    if case .vgg = encoder { isVGG = true }
    return switch self {
    case .deeplabv3: DeepLabV3Decoder(channels)
    case .deeplabv3p: DeepLabV3PlusDecoder(channels)
    case .fpn: FPNDecoder(channels)
    case .linknet: LinkNetDecoder(channels)
    case .manet: MAnetDecoder(channels)
    case .pan: PANDecoder(channels)
    case .pspnet: PSPNetDecoder(channels)
    case .segformer: SegFormerDecoder(channels)
    case .unet: UNetDecoder(channels, hasCenter: isVGG)
    case .unetpp: UNetPlusPlusDecoder(channels, hasCenter: isVGG)
    case .upernet: UPerNetDecoder(channels)
    }
  }

  /// The reason why this decoder cannot work with an encoder; `nil` if it can.
  func obstacle(with encoder: EncoderKind) -> String? {
    if encoderOutputStride < 32, let reason = encoder.obstacleToDilation {
      return "\(rawValue) needs an encoder with dilation, and \(encoder.rawValue) has none: \(reason)"
    }
    if self == .linknet || self == .unetpp, encoder.lacksHalfSizeMap {
      return "\(rawValue) needs a feature map at half the image's size, and \(encoder.rawValue) has none"
    }
    return nil
  }
}
