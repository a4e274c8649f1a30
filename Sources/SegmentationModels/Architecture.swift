import Basics
import Torch

/// The catalogue: every network in every variant, by name.
///
/// Names are `family` or `family-variant`, such as `fssnet` or `ddrnet-39`. A family's name alone means its first variant
/// in `allCases`. Encoder–decoder networks are `smp-decoder-encoder`, such as `smp-unet-resnet18`, with `-depth4` at the end
/// where the encoder halves the size less often than usual. In configuration files and JSON an architecture is its name.
public enum Architecture: Hashable, Sendable {
  case adscnet
  case aglnet
  case bisenetv1(ResNet.Variant)
  case bisenetv2
  case canet(Backbone)
  case cfpnet
  case cgnet(CGNet.Variant)
  case contextnet
  case dabnet
  case ddrnet(DDRNet.Variant)
  case dfanet(DFANet.Variant)
  case edanet
  case enet(ENet.Upsampling)
  case erfnet
  case esnet
  case espnet(ESPNet.Variant)
  case espnetv2
  case fanet(FANet.Variant)
  case farseenet(ResNet.Variant)
  case fastscnn
  case fddwnet
  case fpenet
  case fssnet
  case icnet(ResNet.Variant)
  case lednet
  case linknet(ResNet.Variant)
  case litehrnet(LiteHRNet.Variant)
  case liteseg(Backbone)
  case mininet
  case mininetv2
  case ppliteseg(PPLiteSeg.Variant)
  case regseg
  case segnet
  case shelfnet(ResNet.Variant)
  case smp(DecoderKind, EncoderKind, depth: Int)
  case sqnet
  case stdc(STDC.Variant)
  case swiftnet(Backbone)
}

extension Architecture: CaseIterable {
  public static let allCases = realTime + encoderDecoder

  /// The real-time networks.
  public static let realTime: [Architecture] = {
    let families: [[Architecture]] = [
      [.adscnet],
      [.aglnet],
      ResNet.Variant.allCases.map(Architecture.bisenetv1),
      [.bisenetv2],
      Backbone.allCases.map(Architecture.canet),
      [.cfpnet],
      CGNet.Variant.allCases.map(Architecture.cgnet),
      [.contextnet],
      [.dabnet],
      DDRNet.Variant.allCases.map(Architecture.ddrnet),
      DFANet.Variant.allCases.map(Architecture.dfanet),
      [.edanet],
      ENet.Upsampling.allCases.map(Architecture.enet),
      [.erfnet],
      [.esnet],
      ESPNet.Variant.allCases.map(Architecture.espnet),
      [.espnetv2],
      FANet.Variant.allCases.map(Architecture.fanet),
      ResNet.Variant.allCases.map(Architecture.farseenet),
      [.fastscnn],
      [.fddwnet],
      [.fpenet],
      [.fssnet],
      ResNet.Variant.allCases.filter { $0 != .resnet152 }.map(Architecture.icnet),
      [.lednet],
      ResNet.Variant.allCases.map(Architecture.linknet),
      LiteHRNet.Variant.allCases.map(Architecture.litehrnet),
      Backbone.allCases.map(Architecture.liteseg),
      [.mininet],
      [.mininetv2],
      PPLiteSeg.Variant.allCases.map(Architecture.ppliteseg),
      [.regseg],
      [.segnet],
      ResNet.Variant.allCases.map(Architecture.shelfnet),
      [.sqnet],
      STDC.Variant.allCases.map(Architecture.stdc),
      (Backbone.resNets + [.mobileNetV2]).map(Architecture.swiftnet),
    ]
    return families.flatMap { $0 }
  }()

  /// All encoders with all decoders that they work with.
  public static let encoderDecoder: [Architecture] = DecoderKind.allCases.flatMap { decoder in
    EncoderKind.allCases.filter { decoder.obstacle(with: $0) == nil }
      .map { .smp(decoder, $0, depth: decoder.defaultDepth) }
  }
}

// MARK: - One entry each

/// What the catalogue knows of an architecture.
private struct Entry {
  let summary: NetworkSummary
  /// The second part of the name; empty for none.
  let variant: String
  let make: (_ classes: Int, _ heads: Heads) throws -> SegmentationModel

  init(
    _ summary: NetworkSummary, _ variant: String = "",
    make: @escaping (_ classes: Int, _ heads: Heads) throws -> SegmentationModel
  ) {
    self.summary = summary
    self.variant = variant
    self.make = make
  }

  /// A network without training heads.
  init(
    _ summary: NetworkSummary, _ variant: String = "", make: @escaping (_ classes: Int) throws -> SegmentationModel
  ) {
    self.init(summary, variant) { classes, _ in try make(classes) }
  }
}

extension Architecture {
  private var entry: Entry {
    switch self {
    case .adscnet: Entry(ADSCNet.summary) { ADSCNet(classes: $0) }
    case .aglnet: Entry(AGLNet.summary) { AGLNet(classes: $0) }
    case .bisenetv1(let backbone): Entry(BiSeNetV1.summary, backbone.rawValue) { BiSeNetV1(backbone, classes: $0) }
    case .bisenetv2: Entry(BiSeNetV2.summary) { BiSeNetV2(classes: $0, heads: $1) }
    case .canet(let backbone): Entry(CANet.summary, backbone.rawValue) { CANet(backbone, classes: $0) }
    case .cfpnet: Entry(CFPNet.summary) { CFPNet(classes: $0) }
    case .cgnet(let variant): Entry(CGNet.summary, variant.rawValue) { CGNet(variant, classes: $0) }
    case .contextnet: Entry(ContextNet.summary) { ContextNet(classes: $0) }
    case .dabnet: Entry(DABNet.summary) { DABNet(classes: $0) }
    case .ddrnet(let variant): Entry(DDRNet.summary, variant.rawValue) { DDRNet(variant, classes: $0, heads: $1) }
    case .dfanet(let variant): Entry(DFANet.summary, variant.rawValue) { DFANet(variant, classes: $0) }
    case .edanet: Entry(EDANet.summary) { EDANet(classes: $0) }
    case .enet(let upsampling): Entry(ENet.summary, upsampling.rawValue) { ENet(upsampling, classes: $0) }
    case .erfnet: Entry(ERFNet.summary) { ERFNet(classes: $0) }
    case .esnet: Entry(ESNet.summary) { ESNet(classes: $0) }
    case .espnet(let variant): Entry(ESPNet.summary(of: variant), variant.rawValue) { ESPNet(variant, classes: $0) }
    case .espnetv2: Entry(ESPNetV2.summary) { ESPNetV2(classes: $0) }
    case .fanet(let variant): Entry(FANet.summary, variant.rawValue) { FANet(variant, classes: $0) }
    case .farseenet(let backbone): Entry(FarSeeNet.summary, backbone.rawValue) { FarSeeNet(backbone, classes: $0) }
    case .fastscnn: Entry(FastSCNN.summary) { FastSCNN(classes: $0) }
    case .fddwnet: Entry(FDDWNet.summary) { FDDWNet(classes: $0) }
    case .fpenet: Entry(FPENet.summary) { FPENet(classes: $0) }
    case .fssnet: Entry(FSSNet.summary) { FSSNet(classes: $0) }
    case .icnet(let backbone): Entry(ICNet.summary, backbone.rawValue) { ICNet(backbone, classes: $0, heads: $1) }
    case .lednet: Entry(LEDNet.summary) { LEDNet(classes: $0) }
    case .linknet(let backbone): Entry(LinkNet.summary, backbone.rawValue) { LinkNet(backbone, classes: $0) }
    case .litehrnet(let variant): Entry(LiteHRNet.summary, variant.rawValue) { LiteHRNet(variant, classes: $0) }
    case .liteseg(let backbone): Entry(LiteSeg.summary, backbone.rawValue) { LiteSeg(backbone, classes: $0) }
    case .mininet: Entry(MiniNet.summary) { MiniNet(classes: $0) }
    case .mininetv2: Entry(MiniNetV2.summary) { MiniNetV2(classes: $0) }
    case .ppliteseg(let variant): Entry(PPLiteSeg.summary, variant.rawValue) { PPLiteSeg(variant, classes: $0) }
    case .regseg: Entry(RegSeg.summary) { RegSeg(classes: $0) }
    case .segnet: Entry(SegNet.summary) { SegNet(classes: $0) }
    case .shelfnet(let backbone): Entry(ShelfNet.summary, backbone.rawValue) { ShelfNet(backbone, classes: $0) }
    case .smp(let decoder, let encoder, let depth):
      Entry(EncoderDecoder.summary(decoder, depth: depth), EncoderDecoder.variant(decoder, encoder, depth: depth)) {
        try EncoderDecoder(decoder, encoder, classes: $0, depth: depth)
      }
    case .sqnet: Entry(SQNet.summary) { SQNet(classes: $0) }
    case .stdc(let variant): Entry(STDC.summary, variant.rawValue) { STDC(variant, classes: $0, heads: $1) }
    case .swiftnet(let backbone): Entry(SwiftNet.summary, backbone.rawValue) { SwiftNet(backbone, classes: $0) }
    }
  }

  /// The name without its variant, such as `ddrnet`.
  public var family: String { entry.summary.family }

  /// The name in configurations, tables and checkpoints, such as `ddrnet-39`.
  public var name: String {
    let entry = entry
    return entry.variant.isEmpty ? entry.summary.family : "\(entry.summary.family)-\(entry.variant)"
  }

  /// The paper's title.
  public var title: String { entry.summary.title }

  /// The year in which the paper appeared.
  public var year: Int { entry.summary.year }

  /// Where the paper is.
  public var paper: String { entry.summary.paper }

  /// Training heads that this network can have.
  public var supportedHeads: Heads { entry.summary.heads }

  /// Training heads that its original has unless told otherwise.
  public var defaultHeads: Heads { entry.summary.defaultHeads }

  /// The sizes of images that this network takes.
  public var sizes: SizeRule { entry.summary.sizes }

  /// A new network with random weights on the current device, in training mode.
  /// - Parameter inputChannels: Those of the images; encoder–decoder networks alone take others than 3.
  /// - Throws: `ArchitectureError`.
  public func makeModel(classes: Int = 19, heads: Heads = [], inputChannels: Int = 3) throws -> SegmentationModel {
    let entry = entry
    guard entry.summary.heads.isSuperset(of: heads) else {
      throw ArchitectureError.unsupportedHeads(
        name: name, asked: heads.subtracting(entry.summary.heads), supported: entry.summary.heads)
    }
    let model: SegmentationModel
    if inputChannels == 3 {
      model = try entry.make(classes, heads)
    } else if case .smp(let decoder, let encoder, let depth) = self {
      model = try EncoderDecoder(decoder, encoder, classes: classes, depth: depth, inputChannels: inputChannels)
    } else {
      throw ArchitectureError.inputChannels(name: name, asked: inputChannels)
    }
    model.sizes = entry.summary.sizes
    return model
  }
}

// MARK: - Names

extension Architecture: Codable {
  private static let byName: [String: Architecture] = {
    var result: [String: Architecture] = [:]
    for architecture in allCases { result[architecture.name] = architecture }
    for architecture in realTime.reversed() { result[architecture.family] = architecture }
    return result
  }()

  /// Finds an architecture by its name, or a family's first variant by the family's.
  /// - Throws: `ArchitectureError`; for an unknown name with the nearest one.
  public init(name: String) throws {
    if let architecture = Self.byName[name] {
      self = architecture
    } else if let architecture = try EncoderDecoder.architecture(name: name) {
      self = architecture
    } else {
      let names = Self.allCases.map(\.name) + Self.realTime.map(\.family)
      throw ArchitectureError.unknown(name: name, suggestion: name.nearest(among: names))
    }
  }

  public init(from decoder: any Decoder) throws {
    try self.init(name: decoder.singleValueContainer().decode(String.self))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(name)
  }
}
