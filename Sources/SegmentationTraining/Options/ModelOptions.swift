import SegmentationModels

/// Which network.
public struct ModelOptions: Codable, Sendable, Equatable, ValidatedOptions {
  /// A name of the catalogue (`rtseg models`), or "smp" with a decoder and an encoder.
  public var name = "fastscnn"
  /// Of smp: deeplabv3, deeplabv3p, fpn, linknet, manet, pan, pspnet, unet or unetpp.
  public var decoder: String?
  /// Of smp (`rtseg models --family encoder-decoder`).
  public var encoder: String?
  /// Whether auxiliary heads are trained too; none: as the network's authors did.
  public var auxiliary: Bool?
  /// Whether STDC's detail head is trained too.
  public var detail = false

  /// A checkpoint whose weights a new run starts from, where they fit by name and shape.
  public var initial: String?
  /// A file or address of published weights of the backbone or encoder, which a new run starts from.
  public var backboneWeights: String?

  public init() {}

  public init(_ architecture: Architecture) { name = architecture.name }

  public func validate() throws {
    try require(
      initial == nil || backboneWeights == nil, "backboneWeights",
      "it or initial, not both: the one would overwrite the other", found: "both")
    do { _ = try heads(of: architecture()) } catch { throw InvalidOption("name", "\(error)") }
  }

  /// The network that these options name.
  /// - Throws: `ArchitectureError`.
  public func architecture() throws -> Architecture {
    try Architecture(name: name, decoder: decoder, encoder: encoder)
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
