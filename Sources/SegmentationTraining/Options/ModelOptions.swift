import Basics
import Files
import SegmentationModels

/// Which network is trained, and from which weights it starts.
public struct ModelOptions: Codable, Sendable, Equatable, ValidatedOptions {
  /// A name of the catalogue (`rtseg models`), or "smp" with a decoder and an encoder.
  public var name = "fastscnn"
  /// Whether the network is a program's own and not in the catalogue. Only that program can train it and go on with its
  /// run; `Trainer(model:dataset:options:)` sets this.
  public var custom = false
  /// The decoder of an smp network: deeplabv3, deeplabv3p, fpn, linknet, manet, pan, pspnet, unet or unetpp.
  public var decoder: String?
  /// The encoder of an smp network (`rtseg models --family encoder-decoder` lists them).
  public var encoder: String?
  /// Whether auxiliary heads are trained too. If this is null, they are if the network's authors did so.
  public var auxiliary: Bool?
  /// Whether STDC's detail head is trained too.
  public var detail = false
  /// Whether a data set of two classes is learned with one score for each pixel instead of two. A pixel is of the second
  /// class if its score is above 0.
  public var singleScore = false

  /// A checkpoint whose weights a new run starts from, where they fit by name and shape.
  public var initial: String?
  /// A file or address of published weights of the backbone or encoder, which a new run starts from.
  public var backboneWeights: String?
  /// Patterns of parameters that keep the values they start with, such as `["backbone.*"]`.
  public var frozen: [ParameterPattern] = []
  /// Patterns of batch normalizations whose running statistics stay as they are and are used in training too, such as
  /// `["*"]` for all.
  public var frozenStatistics: [ParameterPattern] = []

  /// Whether batch normalizations compute their statistics over the images of all processes. If this is null, they do with
  /// more than one process on GPUs.
  public var syncBatchNorm: Bool?

  public init() {}

  public init(_ architecture: Architecture) { name = architecture.name }

  public func validate() throws {
    try require(
      initial == nil || backboneWeights == nil, "backboneWeights",
      "it or initial, not both: the one would overwrite the other", found: "both")
    if custom { return try require(!name.isEmpty, "name", "the network's name", found: "nothing") }
    do { _ = try heads(of: architecture()) } catch { throw InvalidOption("name", "\(error)") }
  }

  /// The network of the catalogue that these options name.
  /// - Throws: `ArchitectureError`, or `InvalidOption` for a network that is not in the catalogue.
  public func architecture() throws -> Architecture {
    if custom {
      throw InvalidOption(
        "model.name",
        "\(name.printable(limit: 80)) is a network of the program that has trained it, not of the catalogue: go on in that "
          + "program, with Trainer(model:dataset:options:resume:)")
    }
    return try Architecture(name: name, decoder: decoder, encoder: encoder)
  }

  /// The scores of each pixel that the network computes for a data set.
  /// - Throws: `InvalidOption` for one score and another number of classes than two.
  func scores(classes: Int) throws(InvalidOption) -> Int {
    guard singleScore else { return classes }
    guard classes == 2 else {
      throw InvalidOption(
        "model.singleScore", "expected false, since the data has \(classes) classes and not two, found true")
    }
    return 1
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
