import Torch

/// A classification network without its classifier, as the encoder of segmentation networks.
public protocol BackboneNetwork: Pretrainable {
  /// The channels of the four feature maps.
  var channels: [Int] { get }

  /// The four feature maps, at 1/4, 1/8, 1/16 and 1/32 of the image's size.
  func callAsFunction(_ x: Tensor) -> [Tensor]
}

/// A backbone by name.
public enum Backbone: Hashable, Sendable, CaseIterable, RawRepresentable {
  /// ``MobileNetV2``.
  case mobileNetV2
  /// ``ResNet``.
  case resNet(ResNet.Variant)

  /// All backbones.
  public static var allCases: [Backbone] { [.mobileNetV2] + resNets }

  static var resNets: [Backbone] { ResNet.Variant.allCases.map(Backbone.resNet) }

  /// Finds a backbone by torchvision's name; `nil` if there is none of that name.
  public init?(rawValue: String) {
    guard let backbone = Self.allCases.first(where: { $0.rawValue == rawValue }) else { return nil }
    self = backbone
  }

  /// The name as torchvision spells it.
  public var rawValue: String {
    switch self {
    case .mobileNetV2: "mobilenet_v2"
    case .resNet(let variant): variant.rawValue
    }
  }

  /// A new network with random weights.
  public func makeNetwork() -> any BackboneNetwork {
    switch self {
    case .mobileNetV2: MobileNetV2()
    case .resNet(let variant): ResNet(variant)
    }
  }
}

extension Module {
  /// Draws all convolutions' weights below this module anew, as torchvision does for its ResNets and MobileNetV2.
  func initializeConvolutionsLikeTorchvision() {
    visit { _, module in (module as? Conv2d)?.weight.initializeKaimingNormalFanOut() }
  }
}
