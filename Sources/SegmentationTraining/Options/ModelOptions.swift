import Basics
import Files
import SegmentationModels
import SegmentationWeights

/// These options choose the network and the weights that it starts from.
public struct ModelOptions: Codable, Sendable, Equatable, ValidatedOptions {
  /// The name of a network (`rtseg models` lists them), or `smp` for a network that `model.decoder` and
  /// `model.encoder` make up.
  public var name = "fastscnn"
  /// Whether the network is a program's own and not in the catalogue. Only that program can train it and go on with its
  /// run; `Trainer(model:dataset:options:)` sets this.
  public var custom = false
  /// The decoder of an smp network: deeplabv3, deeplabv3p, fpn, linknet, manet, pan, pspnet, unet or unetpp.
  public var decoder: String?
  /// The encoder of an smp network, such as resnet18. `rtseg models --family encoder-decoder` lists them.
  public var encoder: String?
  /// Whether auxiliary heads are trained too. If this is null, they are trained if the network's authors did so. The
  /// trained network does not use them.
  public var auxiliary: Bool?
  /// Whether the detail head of an STDC network is trained too. The trained network does not use it.
  public var detail = false
  /// Whether the network gives one score per pixel instead of two, for a data set of two classes. A pixel belongs to
  /// the second class if its score is above 0.
  public var singleScore = false

  /// A checkpoint whose weights a new run starts from, as far as they fit by name and shape: a file, an address or a name
  /// such as `fastscnn@cityscapes`.
  public var initial: String?
  /// Published weights of the backbone or encoder, which a new run starts from: a file, an address or a name such as
  /// `imagenet`.
  public var backboneWeights: String?
  /// Patterns of parameters that keep the values they start with, such as `["backbone.*"]`. In a pattern, `*` stands
  /// for any characters and `?` for one.
  public var frozen: [ParameterPattern] = []
  /// Patterns of batch normalizations whose running statistics stay as they are and are used in training too, such as
  /// `["*"]` for all. This helps with batches of few images.
  public var frozenStatistics: [ParameterPattern] = []

  /// Whether batch normalizations compute their statistics over the images of all processes. If this is null, they do
  /// so if several processes train on GPUs.
  public var syncBatchNorm: Bool?

  /// Creates the default options.
  public init() {}

  /// Creates the default options for a network.
  public init(_ architecture: Architecture) { name = architecture.name }

  /// Makes sure that the values can be used.
  /// - Throws: `InvalidOption` for the first value that cannot.
  public func validate() throws {
    try require(
      initial == nil || backboneWeights == nil, "backboneWeights",
      "either backbone_weights or initial, since one would overwrite the other", found: "both")
    if custom { return try require(!name.isEmpty, "name", "the network's name", found: "nothing") }
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
