import Files
import Foundation
import SegmentationModels
import Torch

/// The weights of a network under their names in PyTorch, with a description in the metadata.
struct SafetensorsExport {
  let network: ExportedNetwork
  let description: ExportDescription

  /// The bytes of the file.
  func encoded() throws -> Data {
    var metadata = Dictionary(uniqueKeysWithValues: try description.entries().map { ($0.key, $0.value) })
    // Files in this format hold weights, which images are of no matter.
    for key in ["size", "dynamic_size", "batch", "dynamic_batch", "input", "output", "normalized"] {
      metadata[key] = nil
    }
    metadata["format"] = "pt"
    if let card { metadata[Checkpoint.cardKey] = card.json }
    let folder = FileManager.default.temporaryDirectory.appending(path: "rtseg-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appending(path: "weights.safetensors")
    try network.model.stateDictionary.writeSafetensors(to: file, metadata: metadata)
    _ = try Safetensors.read(file)
    return try Data(contentsOf: file)
  }

  /// The description of the network by which RTSeg's own commands know it again; `nil` if nothing tells the classes.
  private var card: ModelCard? {
    guard !network.classes.isEmpty else { return nil }
    return ModelCard(
      model: network.name, classes: network.classes.map(\.name),
      colors: network.classes.map { [$0.color.red, $0.color.green, $0.color.blue] },
      mean: network.normalization.mean, std: network.normalization.std, singleScore: network.model.hasSingleScore,
      pixelType: network.normalization.type)
  }
}
