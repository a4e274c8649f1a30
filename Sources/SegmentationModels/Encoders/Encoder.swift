import Torch

/// A classification network without its classifier, as the first half of an encoder–decoder network.
public protocol FeatureEncoder: Pretrainable {
  /// The channels of the feature maps at 1/1, 1/2, 1/4, 1/8, 1/16 and 1/32 of the image's size; 0 if there is no such
  /// map.
  var featureChannels: [Int] { get }

  /// The first `depth + 1` feature maps of images [N, C, H, W]; with dilation, the last ones stay larger.
  func features(of images: Tensor, depth: Int) -> [Tensor]
}

/// The options by which an encoder is built.
public struct EncoderOptions: Sendable {
  /// The number of channels of the images.
  public var inputChannels = 3
  /// The factor between the image's size and the last feature map's: 32, or 16 or 8 if the last stages dilate instead
  /// of striding.
  public var outputStride = 32
  /// The number of times that the decoder needs the size halved, 2 to 5. timm's networks leave out what only deeper maps need.
  public var depth = 5

  /// Makes options; the output stride is 32, 16 or 8.
  public init(inputChannels: Int = ImageChannels.count, outputStride: Int = 32, depth: Int = 5) {
    self.inputChannels = inputChannels
    self.outputStride = outputStride
    self.depth = depth
  }

  /// The stride with which a stage that would end at 1/`scale` begins.
  func stride(at scale: Int) -> Int { scale > outputStride ? 1 : 2 }

  /// The dilation in a stage that would end at 1/`scale`.
  func dilation(at scale: Int) -> Int { max(1, scale / outputStride) }
}

/// An encoder by name.
public enum EncoderKind: Hashable, Sendable, CaseIterable, RawRepresentable {
  /// ``ResNet``, or ResNeXt.
  case resNet(ResNet.EncoderVariant)
  /// ``SENet``.
  case seNet(SENet.Variant)
  /// ``MobileNetV2Encoder``.
  case mobileNetV2
  /// ``VGG``.
  case vgg(VGG.Variant)
  /// ``DenseNet``.
  case denseNet(DenseNet.Variant)
  /// ``EfficientNet``.
  case efficientNet(EfficientNet.Variant)
  /// ``TimmEfficientNet``.
  case timmEfficientNet(TimmEfficientNet.Variant)
  /// ``MixTransformer``.
  case mixTransformer(MixTransformer.Variant)
  /// ``MobileOne``.
  case mobileOne(MobileOne.Variant)
  /// ``Xception``.
  case xception
  /// ``TimmMobileNetV3``.
  case timmMobileNetV3(TimmMobileNetV3.Variant)
  /// ``RegNet``.
  case regNet(RegNet.Variant)
  /// ``GERNet``.
  case gerNet(GERNet.Variant)
  /// ``Res2Net``.
  case res2Net(Res2Net.Variant)
  /// ``ResNeSt``.
  case resNeSt(ResNeSt.Variant)
  /// ``SKResNet``.
  case skResNet(SKResNet.Variant)
  /// ``DPN``.
  case dpn(DPN.Variant)
  /// ``InceptionV4``.
  case inceptionV4
  /// ``InceptionResNetV2``.
  case inceptionResNetV2

  /// All encoders, by family.
  public static let allCases: [EncoderKind] = {
    let families: [[EncoderKind]] = [
      ResNet.EncoderVariant.allCases.map(EncoderKind.resNet),
      SENet.Variant.allCases.map(EncoderKind.seNet),
      [.mobileNetV2],
      VGG.Variant.allCases.map(EncoderKind.vgg),
      DenseNet.Variant.allCases.map(EncoderKind.denseNet),
      EfficientNet.Variant.allCases.map(EncoderKind.efficientNet),
      TimmEfficientNet.Variant.allCases.map(EncoderKind.timmEfficientNet),
      MixTransformer.Variant.allCases.map(EncoderKind.mixTransformer),
      MobileOne.Variant.allCases.map(EncoderKind.mobileOne),
      [.xception],
      TimmMobileNetV3.Variant.allCases.map(EncoderKind.timmMobileNetV3),
      RegNet.Variant.allCases.map(EncoderKind.regNet),
      GERNet.Variant.allCases.map(EncoderKind.gerNet),
      Res2Net.Variant.allCases.map(EncoderKind.res2Net),
      ResNeSt.Variant.allCases.map(EncoderKind.resNeSt),
      SKResNet.Variant.allCases.map(EncoderKind.skResNet),
      DPN.Variant.allCases.map(EncoderKind.dpn),
      [.inceptionV4, .inceptionResNetV2],
    ]
    return families.flatMap { $0 }
  }()

  private static let byName = Dictionary(uniqueKeysWithValues: allCases.map { ($0.rawValue, $0) })

  /// Finds an encoder by segmentation_models.pytorch's name; `nil` if there is none of that name.
  public init?(rawValue: String) {
    guard let encoder = Self.byName[rawValue] else { return nil }
    self = encoder
  }

  /// The name as segmentation_models.pytorch spells it.
  public var rawValue: String {
    switch self {
    case .resNet(let variant): variant.rawValue
    case .seNet(let variant): variant.rawValue
    case .mobileNetV2: "mobilenet_v2"
    case .vgg(let variant): variant.rawValue
    case .denseNet(let variant): variant.rawValue
    case .efficientNet(let variant): variant.rawValue
    case .timmEfficientNet(let variant): variant.rawValue
    case .mixTransformer(let variant): variant.rawValue
    case .mobileOne(let variant): variant.rawValue
    case .xception: "xception"
    case .timmMobileNetV3(let variant): variant.rawValue
    case .regNet(let variant): variant.rawValue
    case .gerNet(let variant): variant.rawValue
    case .res2Net(let variant): variant.rawValue
    case .resNeSt(let variant): variant.rawValue
    case .skResNet(let variant): variant.rawValue
    case .dpn(let variant): variant.rawValue
    case .inceptionV4: "inceptionv4"
    case .inceptionResNetV2: "inceptionresnetv2"
    }
  }

  /// A new encoder with random weights.
  public func makeEncoder(_ options: EncoderOptions = EncoderOptions()) -> any FeatureEncoder {
    switch self {
    case .resNet(let variant): ResNet(variant, options)
    case .seNet(let variant): SENet(variant, options)
    case .mobileNetV2: MobileNetV2Encoder(options)
    case .vgg(let variant): VGG(variant, options)
    case .denseNet(let variant): DenseNet(variant, options)
    case .efficientNet(let variant): EfficientNet(variant, options)
    case .timmEfficientNet(let variant): TimmEfficientNet(variant, options)
    case .mixTransformer(let variant): MixTransformer(variant, options)
    case .mobileOne(let variant): MobileOne(variant, options)
    case .xception: Xception(options)
    case .timmMobileNetV3(let variant): TimmMobileNetV3(variant, options)
    case .regNet(let variant): RegNet(variant, options)
    case .gerNet(let variant): GERNet(variant, options)
    case .res2Net(let variant): Res2Net(variant, options)
    case .resNeSt(let variant): ResNeSt(variant, options)
    case .skResNet(let variant): SKResNet(variant, options)
    case .dpn(let variant): DPN(variant, options)
    case .inceptionV4: InceptionV4(options)
    case .inceptionResNetV2: InceptionResNetV2(options)
    }
  }

  /// The reason why strides cannot become dilations; `nil` if they can.
  var obstacleToDilation: String? {
    switch self {
    case .vgg, .denseNet, .xception, .inceptionV4, .inceptionResNetV2:
      "it shrinks its maps by pooling, which cannot be dilated"
    default: nil
    }
  }

  /// Whether it has no feature map at half the image's size.
  var lacksHalfSizeMap: Bool {
    if case .mixTransformer = self { true } else { false }
  }
}
