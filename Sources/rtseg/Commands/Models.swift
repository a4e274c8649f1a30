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
    discussion: "Multiply-accumulates (MACs) are of convolutions and matrix products, for one image of the size given.")

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

  @Argument(help: "A network, for its layer table.") var name: String?
  @Option(help: "Which networks to list: real-time, encoder-decoder (default: real-time).") var family: Family?
  @Option(help: "The image's size for MACs and shapes: HEIGHTxWIDTH.") var size = ImageSize(height: 512, width: 1024)
  @Option(help: "Number of classes.") var classes = 19
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
        published.map { String(format: "%.2f", $0.meanIoU) } ?? "-",
        architecture.supportedHeads.isEmpty ? "-" : architecture.supportedHeads.description,
        "\(architecture.sizes)", architecture.paper,
      ])
    }
    print(TextTable.text(rows))
    print("published, mIoU: the PyTorch reference's parameters and its score on Cityscapes val")
    print("\(rows.count - 1) networks; MACs at \(size), \(classes) classes")
  }

  private func show(_ architecture: Architecture) throws {
    var heads: Heads = []
    if aux { heads.insert(.auxiliary) }
    if detail { heads.insert(.detail) }
    let profile = try ModelProfile(architecture, classes: classes, heads: heads, size: size)
    print("\(architecture.name): \(architecture.title), \(architecture.year), \(architecture.paper)")
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

  private func millions(_ count: Int) -> String { String(format: "%.2f M", Double(count) / 1e6) }
  private func giga(_ count: Int) -> String { String(format: "%.2f", Double(count) / 1e9) }
}
