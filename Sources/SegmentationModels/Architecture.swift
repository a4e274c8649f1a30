import Torch

/// The catalogue: every network in every variant, by name.
///
/// Names are `family` or `family-variant`, such as `fssnet` or `ddrnet-39`. A family's name alone means its first variant
/// in `allCases`. In configuration files and JSON an architecture is its name.
public enum Architecture: Hashable, Sendable {
  case bisenetv2
  case ddrnet(DDRNet.Variant)
  case enet(ENet.Upsampling)
  case erfnet
  case fastscnn
  case fssnet
  case liteseg(Backbone)
  case stdc(STDC.Variant)
}

extension Architecture: CaseIterable {
  public static let allCases: [Architecture] = {
    let families: [[Architecture]] = [
      [.bisenetv2],
      DDRNet.Variant.allCases.map(Architecture.ddrnet),
      ENet.Upsampling.allCases.map(Architecture.enet),
      [.erfnet],
      [.fastscnn],
      [.fssnet],
      Backbone.allCases.map(Architecture.liteseg),
      STDC.Variant.allCases.map(Architecture.stdc),
    ]
    return families.flatMap { $0 }
  }()
}

// MARK: - One entry each

/// What the catalogue knows of an architecture.
private struct Entry {
  let summary: NetworkSummary
  /// The second part of the name; empty for none.
  let variant: String
  let make: (_ classes: Int, _ heads: Heads) -> SegmentationModel

  init(
    _ summary: NetworkSummary, _ variant: String = "",
    make: @escaping (_ classes: Int, _ heads: Heads) -> SegmentationModel
  ) {
    self.summary = summary
    self.variant = variant
    self.make = make
  }

  /// A network without training heads.
  init(_ summary: NetworkSummary, _ variant: String = "", make: @escaping (_ classes: Int) -> SegmentationModel) {
    self.init(summary, variant) { classes, _ in make(classes) }
  }
}

extension Architecture {
  private var entry: Entry {
    switch self {
    case .bisenetv2: Entry(BiSeNetV2.summary) { BiSeNetV2(classes: $0, heads: $1) }
    case .ddrnet(let variant): Entry(DDRNet.summary, variant.rawValue) { DDRNet(variant, classes: $0, heads: $1) }
    case .enet(let upsampling): Entry(ENet.summary, upsampling.rawValue) { ENet(upsampling, classes: $0) }
    case .erfnet: Entry(ERFNet.summary) { ERFNet(classes: $0) }
    case .fastscnn: Entry(FastSCNN.summary) { FastSCNN(classes: $0) }
    case .fssnet: Entry(FSSNet.summary) { FSSNet(classes: $0) }
    case .liteseg(let backbone): Entry(LiteSeg.summary, backbone.rawValue) { LiteSeg(backbone, classes: $0) }
    case .stdc(let variant): Entry(STDC.summary, variant.rawValue) { STDC(variant, classes: $0, heads: $1) }
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

  /// Heights and widths of inputs must be multiples of this number; 1 where any will do.
  public var stride: Int { entry.summary.stride }

  /// The smallest size that this network takes and an image of `size` fits into.
  public func paddedSize(_ size: IntPair) -> IntPair {
    let stride = stride
    func padded(_ length: Int) -> Int { (length + stride - 1) / stride * stride }
    return IntPair(padded(size.height), padded(size.width))
  }

  /// A new network with random weights on the current device, in training mode.
  /// - Throws: `ArchitectureError.unsupportedHeads`.
  public func makeModel(classes: Int = 19, heads: Heads = []) throws -> SegmentationModel {
    let entry = entry
    guard entry.summary.heads.isSuperset(of: heads) else {
      throw ArchitectureError.unsupportedHeads(
        name: name, asked: heads.subtracting(entry.summary.heads), supported: entry.summary.heads)
    }
    return entry.make(classes, heads)
  }
}

// MARK: - Names

extension Architecture: Codable {
  private static let byName: [String: Architecture] = {
    var result: [String: Architecture] = [:]
    for architecture in allCases {
      result[architecture.name] = architecture
      if result[architecture.family] == nil { result[architecture.family] = architecture }
    }
    return result
  }()

  /// Finds an architecture by its name, or a family's first variant by the family's.
  /// - Throws: `ArchitectureError.unknown` with the nearest name.
  public init(name: String) throws {
    guard let architecture = Self.byName[name] else {
      let names = Self.allCases.map(\.name) + Self.allCases.map(\.family)
      throw ArchitectureError.unknown(name: name, suggestion: nearestName(to: name, among: names))
    }
    self = architecture
  }

  public init(from decoder: any Decoder) throws {
    try self.init(name: decoder.singleValueContainer().decode(String.self))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(name)
  }
}
