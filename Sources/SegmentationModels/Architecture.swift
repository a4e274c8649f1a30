import Basics
import Torch

/// The catalogue: every network in every variant, by name.
///
/// Names are `family` or `family-variant`, such as `fssnet` or `ddrnet-39`. A family's name alone means its first
/// variant in `allCases`. Encoder–decoder networks are `smp-decoder-encoder`, such as `smp-unet-resnet18`, with
/// `-depth4` at the end if the encoder halves the size less often than usual. In configuration files and JSON, an
/// architecture is its name.
public enum Architecture: Hashable, Sendable {
  /// ``ADSCNet``.
  case adscnet
  /// ``AGLNet``.
  case aglnet
  /// ``BiSeNetV1``.
  case bisenetv1(ResNet.Variant)
  /// ``BiSeNetV2``.
  case bisenetv2
  /// ``CANet``.
  case canet(Backbone)
  /// ``CFPNet``.
  case cfpnet
  /// ``CGNet``.
  case cgnet(CGNet.Variant)
  /// ``ContextNet``.
  case contextnet
  /// ``DABNet``.
  case dabnet
  /// ``DDRNet``.
  case ddrnet(DDRNet.Variant)
  /// ``DFANet``.
  case dfanet(DFANet.Variant)
  /// ``DPT``.
  case dpt(VisionTransformer.Variant)
  /// ``DSNet``.
  case dsnet(DSNet.Variant)
  /// ``DualResNet``.
  case dualresnet(DualResNet.Variant)
  /// ``EDANet``.
  case edanet
  /// ``EfficientViT``.
  case efficientvit(EfficientViT.Variant)
  /// ``ENet``.
  case enet(ENet.Upsampling)
  /// ``ERFNet``.
  case erfnet
  /// ``ESNet``.
  case esnet
  /// ``ESPNet``.
  case espnet(ESPNet.Variant)
  /// ``ESPNetV2``.
  case espnetv2
  /// ``FANet``.
  case fanet(FANet.Variant)
  /// ``FarSeeNet``.
  case farseenet(ResNet.Variant)
  /// ``FastSCNN``.
  case fastscnn
  /// ``FCHarDNet``.
  case fchardnet(FCHarDNet.Variant)
  /// ``FDDWNet``.
  case fddwnet
  /// ``FPENet``.
  case fpenet
  /// ``FSSNet``.
  case fssnet
  /// ``GCNet``.
  case gcnet(GCNet.Variant)
  /// ``ICNet``.
  case icnet(ResNet.Variant)
  /// ``LEDNet``.
  case lednet
  /// ``LinkNet``.
  case linknet(ResNet.Variant)
  /// ``LiteHRNet``.
  case litehrnet(LiteHRNet.Variant)
  /// ``LiteSeg``.
  case liteseg(Backbone)
  /// ``LRASPP``.
  case lraspp(MobileNetV3.Variant)
  /// ``MiniNet``.
  case mininet
  /// ``MiniNetV2``.
  case mininetv2
  /// ``PIDNet``.
  case pidnet(PIDNet.Variant)
  /// ``PPLiteSeg``.
  case ppliteseg(PPLiteSeg.Variant)
  /// ``PPMobileSeg``.
  case ppmobileseg(PPMobileSeg.Variant)
  /// ``RDRNet``.
  case rdrnet(RDRNet.Variant)
  /// ``RegSeg``.
  case regseg
  /// ``SCTNet``.
  case sctnet(SCTNet.Variant)
  /// ``SegNet``.
  case segnet
  /// ``SegNeXt``.
  case segnext(SegNeXt.Variant)
  /// ``ShelfNet``.
  case shelfnet(ResNet.Variant)
  /// ``EncoderDecoder``: a decoder on an encoder that halves the size `depth` times.
  case smp(DecoderKind, EncoderKind, depth: Int)
  /// ``SQNet``.
  case sqnet
  /// ``STDC``.
  case stdc(STDC.Variant)
  /// ``SwiftNet``.
  case swiftnet(Backbone)
  /// ``TopFormer``.
  case topformer(TopFormer.Variant)
}

extension Architecture: CaseIterable {
  /// All networks: those for real time, then encoders with decoders.
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
      VisionTransformer.Variant.allCases.map(Architecture.dpt),
      DSNet.Variant.allCases.map(Architecture.dsnet),
      DualResNet.Variant.allCases.map(Architecture.dualresnet),
      [.edanet],
      EfficientViT.Variant.allCases.map(Architecture.efficientvit),
      ENet.Upsampling.allCases.map(Architecture.enet),
      [.erfnet],
      [.esnet],
      ESPNet.Variant.allCases.map(Architecture.espnet),
      [.espnetv2],
      FANet.Variant.allCases.map(Architecture.fanet),
      ResNet.Variant.allCases.map(Architecture.farseenet),
      [.fastscnn],
      FCHarDNet.Variant.allCases.map(Architecture.fchardnet),
      [.fddwnet],
      [.fpenet],
      [.fssnet],
      GCNet.Variant.allCases.map(Architecture.gcnet),
      ResNet.Variant.allCases.filter { $0 != .resnet152 }.map(Architecture.icnet),
      [.lednet],
      ResNet.Variant.allCases.map(Architecture.linknet),
      LiteHRNet.Variant.allCases.map(Architecture.litehrnet),
      Backbone.allCases.map(Architecture.liteseg),
      MobileNetV3.Variant.allCases.map(Architecture.lraspp),
      [.mininet],
      [.mininetv2],
      PIDNet.Variant.allCases.map(Architecture.pidnet),
      PPLiteSeg.Variant.allCases.map(Architecture.ppliteseg),
      PPMobileSeg.Variant.allCases.map(Architecture.ppmobileseg),
      RDRNet.Variant.allCases.map(Architecture.rdrnet),
      [.regseg],
      SCTNet.Variant.allCases.map(Architecture.sctnet),
      [.segnet],
      SegNeXt.Variant.allCases.map(Architecture.segnext),
      ResNet.Variant.allCases.map(Architecture.shelfnet),
      [.sqnet],
      STDC.Variant.allCases.map(Architecture.stdc),
      (Backbone.resNets + [.mobileNetV2]).map(Architecture.swiftnet),
      TopFormer.Variant.allCases.map(Architecture.topformer),
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

/// The catalogue's entry for an architecture.
private struct Entry {
  let summary: NetworkSummary
  /// The second part of the name; empty if there is none.
  let variant: String
  let make: (_ classes: Int, _ heads: Heads, _ inputChannels: Int) throws -> SegmentationModel

  init(
    _ summary: NetworkSummary, _ variant: String = "",
    make: @escaping (_ classes: Int, _ heads: Heads) throws -> SegmentationModel
  ) {
    self.summary = summary
    self.variant = variant
    self.make = { classes, heads, _ in try make(classes, heads) }
  }

  /// An encoder–decoder network, which has no training heads.
  init(_ decoder: DecoderKind, _ encoder: EncoderKind, depth: Int) {
    summary = EncoderDecoder.summary(decoder, depth: depth)
    variant = EncoderDecoder.variant(decoder, encoder, depth: depth)
    make = { classes, _, inputChannels in
      try EncoderDecoder(decoder, encoder, classes: classes, depth: depth, inputChannels: inputChannels)
    }
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
    case .dpt(let encoder): Entry(DPT.summary, encoder.rawValue) { DPT(encoder, classes: $0) }
    case .dsnet(let variant): Entry(DSNet.summary, variant.rawValue) { DSNet(variant, classes: $0, heads: $1) }
    case .dualresnet(let variant):
      Entry(DualResNet.summary, variant.rawValue) { DualResNet(variant, classes: $0, heads: $1) }
    case .edanet: Entry(EDANet.summary) { EDANet(classes: $0) }
    case .efficientvit(let variant):
      Entry(EfficientViT.summary, variant.rawValue) { EfficientViT(variant, classes: $0) }
    case .enet(let upsampling): Entry(ENet.summary, upsampling.rawValue) { ENet(upsampling, classes: $0) }
    case .erfnet: Entry(ERFNet.summary) { ERFNet(classes: $0) }
    case .esnet: Entry(ESNet.summary) { ESNet(classes: $0) }
    case .espnet(let variant): Entry(ESPNet.summary(of: variant), variant.rawValue) { ESPNet(variant, classes: $0) }
    case .espnetv2: Entry(ESPNetV2.summary) { ESPNetV2(classes: $0) }
    case .fanet(let variant): Entry(FANet.summary, variant.rawValue) { FANet(variant, classes: $0) }
    case .farseenet(let backbone): Entry(FarSeeNet.summary, backbone.rawValue) { FarSeeNet(backbone, classes: $0) }
    case .fastscnn: Entry(FastSCNN.summary) { FastSCNN(classes: $0) }
    case .fchardnet(let variant): Entry(FCHarDNet.summary, variant.rawValue) { FCHarDNet(variant, classes: $0) }
    case .fddwnet: Entry(FDDWNet.summary) { FDDWNet(classes: $0) }
    case .fpenet: Entry(FPENet.summary) { FPENet(classes: $0) }
    case .fssnet: Entry(FSSNet.summary) { FSSNet(classes: $0) }
    case .gcnet(let variant): Entry(GCNet.summary, variant.rawValue) { GCNet(variant, classes: $0, heads: $1) }
    case .icnet(let backbone): Entry(ICNet.summary, backbone.rawValue) { ICNet(backbone, classes: $0, heads: $1) }
    case .lednet: Entry(LEDNet.summary) { LEDNet(classes: $0) }
    case .linknet(let backbone): Entry(LinkNet.summary, backbone.rawValue) { LinkNet(backbone, classes: $0) }
    case .litehrnet(let variant): Entry(LiteHRNet.summary, variant.rawValue) { LiteHRNet(variant, classes: $0) }
    case .liteseg(let backbone): Entry(LiteSeg.summary, backbone.rawValue) { LiteSeg(backbone, classes: $0) }
    case .lraspp(let backbone): Entry(LRASPP.summary, backbone.rawValue) { LRASPP(backbone, classes: $0) }
    case .mininet: Entry(MiniNet.summary) { MiniNet(classes: $0) }
    case .mininetv2: Entry(MiniNetV2.summary) { MiniNetV2(classes: $0) }
    case .pidnet(let variant): Entry(PIDNet.summary, variant.rawValue) { PIDNet(variant, classes: $0, heads: $1) }
    case .ppliteseg(let variant): Entry(PPLiteSeg.summary, variant.rawValue) { PPLiteSeg(variant, classes: $0) }
    case .ppmobileseg(let variant): Entry(PPMobileSeg.summary, variant.rawValue) { PPMobileSeg(variant, classes: $0) }
    case .rdrnet(let variant): Entry(RDRNet.summary, variant.rawValue) { RDRNet(variant, classes: $0, heads: $1) }
    case .regseg: Entry(RegSeg.summary) { RegSeg(classes: $0) }
    case .sctnet(let variant): Entry(SCTNet.summary, variant.rawValue) { SCTNet(variant, classes: $0, heads: $1) }
    case .segnet: Entry(SegNet.summary) { SegNet(classes: $0) }
    case .segnext(let variant): Entry(SegNeXt.summary, variant.rawValue) { SegNeXt(variant, classes: $0) }
    case .shelfnet(let backbone): Entry(ShelfNet.summary, backbone.rawValue) { ShelfNet(backbone, classes: $0) }
    case .smp(let decoder, let encoder, let depth): Entry(decoder, encoder, depth: depth)
    case .sqnet: Entry(SQNet.summary) { SQNet(classes: $0) }
    case .stdc(let variant): Entry(STDC.summary, variant.rawValue) { STDC(variant, classes: $0, heads: $1) }
    case .swiftnet(let backbone): Entry(SwiftNet.summary, backbone.rawValue) { SwiftNet(backbone, classes: $0) }
    case .topformer(let variant): Entry(TopFormer.summary, variant.rawValue) { TopFormer(variant, classes: $0) }
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

  /// The address of the paper.
  public var paper: String { entry.summary.paper }

  /// The training heads that this network can have.
  public var supportedHeads: Heads { entry.summary.heads }

  /// The training heads that its original has by default.
  public var defaultHeads: Heads { entry.summary.defaultHeads }

  /// The sizes of images that this network takes.
  public var sizes: SizeRule { entry.summary.sizes }

  /// Makes a network with random weights on the current device, in training mode.
  /// - Parameters:
  ///   - classes: The number of scores for each pixel.
  ///   - heads: The training heads that it gets.
  ///   - inputChannels: The number of channels of the images. Networks whose first layer keeps the image beside its own
  ///     channels take fewer than that layer has, such as 15 in `enet`.
  /// - Throws: `ArchitectureError`.
  public func makeModel(classes: Int = 19, heads: Heads = [], inputChannels: Int = 3) throws -> SegmentationModel {
    let entry = entry
    guard entry.summary.heads.isSuperset(of: heads) else {
      throw ArchitectureError.unsupportedHeads(
        name: name, asked: heads.subtracting(entry.summary.heads), supported: entry.summary.heads)
    }
    let model = try ImageChannels.with(inputChannels) { try entry.make(classes, heads, inputChannels) }
    model.name = name
    model.sizes = entry.summary.sizes
    model.imageChannels = inputChannels
    if inputChannels != 3, !model.takesItsImages {
      throw ArchitectureError.inputChannels(name: name, asked: inputChannels)
    }
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
  /// - Throws: `ArchitectureError`; for an unknown name it suggests the nearest one.
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

  /// Reads a name.
  /// - Throws: `ArchitectureError` for a name that the catalogue does not have.
  public init(from decoder: any Decoder) throws {
    try self.init(name: decoder.singleValueContainer().decode(String.self))
  }

  /// Writes the name.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(name)
  }
}
