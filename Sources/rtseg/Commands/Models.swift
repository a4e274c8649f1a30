import ArgumentParser
import Basics
import Foundation
import SegmentationImage
import SegmentationInference
import SegmentationModels
import Torch

struct Models: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List the networks, or show one layer by layer.",
    discussion: """
      Examples:
        rtseg models
        rtseg models --family encoder-decoder
        rtseg models fastscnn --size 1024x2048

      Multiply-accumulates (MACs) are those of convolutions and matrix products, for one image of the size given.
      """)

  enum Family: String, CaseIterable, ExpressibleByArgument {
    case realTime = "real-time"
    case encoderDecoder = "encoder-decoder"

    var architectures: [Architecture] {
      switch self {
      case .realTime: Architecture.realTime
      case .encoderDecoder: Architecture.encoderDecoder
      }
    }
  }

  @Argument(
    help: "The name of a network, to show its layers. Without it, the networks are listed.", completion: .networks)
  var name: String?
  @Option(help: "The networks to list. (default: real-time)") var family: Family?
  @Option(help: ArgumentHelp("The size of the image in pixels, for MACs and shapes.", valueName: "HEIGHTxWIDTH"))
  var size = ImageSize(height: 512, width: 1024)
  @Option(help: ArgumentHelp("The number of classes.", valueName: "n")) var classes = 19
  @Flag(help: "Show the network with its auxiliary heads.") var aux = false
  @Flag(help: "Show the network with its detail head.") var detail = false

  func validate() throws {
    try checkOption("classes", classes, in: 1...65536)
    try checkOption("size", size, in: 1...16384)
    try refuseOption(name != nil && family != nil, "--family is for the list: leave it out to show one network")
    try refuseOption(name == nil && aux, "--aux is for one network: name it")
    try refuseOption(name == nil && detail, "--detail is for one network: name it")
  }

  func run() throws {
    if let name {
      try show(Architecture(name: name))
    } else {
      try list()
    }
  }

  private func list() throws {
    var rows = [["network", "year", "parameters", "published", "GMACs", "mIoU %", "heads", "sizes", "paper"]]
    for architecture in (family ?? .realTime).architectures {
      let profile = try ModelProfile(architecture, classes: classes, size: size)
      let published = architecture.published
      rows.append([
        architecture.name, "\(architecture.year)", millions(profile.parameters),
        published.map { String(format: "%.2f M", $0.parameters) } ?? "-", giga(profile.multiplyAccumulates),
        architecture.publishedMeanIoU.map { String(format: "%.2f", $0) } ?? "-",
        architecture.supportedHeads.isEmpty ? "-" : architecture.supportedHeads.description,
        "\(architecture.sizes)", architecture.paper,
      ])
    }
    print(TextTable.text(rows))
    print("published: the PyTorch reference's parameters; mIoU: its score, or the authors', on Cityscapes val")
    print("Networks with published parameters have a published checkpoint: NETWORK@\(PublishedCheckpoint.dataset).")
    print("\(rows.count - 1) networks; MACs at \(size), \(classes) classes")
  }

  private func show(_ architecture: Architecture) throws {
    var heads: Heads = []
    if aux { heads.insert(.auxiliary) }
    if detail { heads.insert(.detail) }
    let profile = try ModelProfile(architecture, classes: classes, heads: heads, size: size)
    print("\(architecture.name): \(architecture.title), \(architecture.year), \(architecture.paper)")
    showWeights(of: architecture)
    var rows = [["layer", "operator", "output", "parameters", "MACs"]]
    for layer in profile.layers {
      rows.append([
        layer.name, layer.operator, layer.outputShape.map(String.init).joined(separator: "x"), "\(layer.parameters)",
        "\(layer.multiplyAccumulates)",
      ])
    }
    print(TextTable.text(rows))
    print(
      "\(millions(profile.parameters)) parameters, \(giga(profile.multiplyAccumulates)) GMACs at \(size)")
  }

  /// Prints the names under which weights are published, and where they are.
  private func showWeights(of architecture: Architecture) {
    if let checkpoint = architecture.publishedCheckpoint, let result = architecture.published {
      print("checkpoint \(checkpoint.name) (mIoU \(String(format: "%.2f", result.meanIoU)) %): \(checkpoint.address)")
    }
    guard let part = architecture.pretrainedPart else { return }
    for weights in part.weights {
      print("backbone weights \(weights.name.rawValue) (\(part.name)): \(weights.address)")
    }
  }

  private func millions(_ count: Int) -> String { String(format: "%.2f M", Double(count) / 1e6) }
  private func giga(_ count: Int) -> String { String(format: "%.2f", Double(count) / 1e9) }
}
