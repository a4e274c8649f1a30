import Basics
import SegmentationModels
import SegmentationWeights

/// Which network is trained, and from which weights it starts.
public struct ModelOptions: Codable, Sendable, Equatable, ValidatedOptions {
  /// A name of the catalogue (`rtseg models`), or "smp" with a decoder and an encoder.
  public var name = "fastscnn"
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

  /// A checkpoint whose weights a new run starts from, as far as they fit by name and shape: a file, an address or a name
  /// such as `fastscnn@cityscapes`.
  public var initial: String?
  /// Published weights of the backbone or encoder, which a new run starts from: a file, an address or a name such as
  /// `imagenet`.
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
    do { _ = try heads(of: architecture()) } catch { throw InvalidOption("name", "\(error)") }
    if let initial {
      do { _ = try WeightsSource(initial) } catch { throw InvalidOption("initial", "\(error)") }
    }
    if let backboneWeights, let part = try architecture().pretrainedPart {
      do {
        _ = try WeightsSource(backboneWeights, for: part)
      } catch {
        throw InvalidOption("backboneWeights", "\(error)")
      }
    }
  }

  /// The network that these options name.
  /// - Throws: `ArchitectureError`.
  public func architecture() throws -> Architecture {
    try Architecture(name: name, decoder: decoder, encoder: encoder)
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
