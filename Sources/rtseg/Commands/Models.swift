import ArgumentParser
import Foundation
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
  @Option(help: "Which networks to list: real-time, encoder-decoder.") var family = Family.realTime
  @Option(help: "The image's size for MACs and shapes: HEIGHTxWIDTH.") var size = "512x1024"
  @Option(help: "Number of classes.") var classes = 19
  @Flag(help: "With auxiliary heads.") var aux = false
  @Flag(help: "With the detail head.") var detail = false

  func run() throws {
    let parts = size.split(separator: "x").compactMap { Int($0) }
    guard parts.count == 2, parts.allSatisfy({ $0 > 0 }), classes > 0 else {
      throw ValidationError("--size: expected HEIGHTxWIDTH, found \(size)")
    }
    if let name {
      try show(Architecture(name: name), height: parts[0], width: parts[1])
    } else {
      try list(height: parts[0], width: parts[1])
    }
  }

  private func list(height: Int, width: Int) throws {
    var rows = [["network", "year", "parameters", "published", "GMACs", "mIoU %", "heads", "sizes", "paper"]]
    for architecture in family.architectures {
      let profile = try ModelProfile(architecture, classes: classes, size: IntPair(height, width))
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
    print("\(rows.count - 1) networks; MACs at \(height)x\(width), \(classes) classes")
  }

  private func show(_ architecture: Architecture, height: Int, width: Int) throws {
    var heads: Heads = []
    if aux { heads.insert(.auxiliary) }
    if detail { heads.insert(.detail) }
    let profile = try ModelProfile(architecture, classes: classes, heads: heads, size: IntPair(height, width))
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
      "\(millions(profile.parameters)) parameters, \(giga(profile.multiplyAccumulates)) GMACs at \(height)x\(width)")
  }

  private func millions(_ count: Int) -> String { String(format: "%.2f M", Double(count) / 1e6) }
  private func giga(_ count: Int) -> String { String(format: "%.2f", Double(count) / 1e9) }
}
