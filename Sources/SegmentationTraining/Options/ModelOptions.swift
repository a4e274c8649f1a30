import SegmentationModels

/// Which network.
public struct ModelOptions: Codable, Sendable, Equatable, ValidatedOptions {
  /// A name of the catalogue (`rtseg models`).
  public var name = "fastscnn"
  /// Whether auxiliary heads are trained too; none: as the network's authors did.
  public var auxiliary: Bool?
  /// Whether STDC's detail head is trained too.
  public var detail = false

  /// A checkpoint whose weights a new run starts from, where they fit by name and shape.
  public var initial: String?
  /// A file or address of torchvision's weights of the backbone, which a new run starts from.
  public var backboneWeights: String?

  public init() {}

  public func validate() throws {
    try require(
      initial == nil || backboneWeights == nil, "backboneWeights",
      "it or initial, not both: the one would overwrite the other", found: "both")
    do { _ = try heads(of: Architecture(name: name)) } catch { throw InvalidOption("name", "\(error)") }
  }

  /// The heads that these options ask for.
  public func heads(of architecture: Architecture) throws -> Heads {
    var heads: Heads = auxiliary.map { $0 ? .auxiliary : [] } ?? architecture.defaultHeads
    if detail {
      heads.insert(.detail)
      if auxiliary == nil { heads.remove(.auxiliary) }
    }
    return heads
  }
}
