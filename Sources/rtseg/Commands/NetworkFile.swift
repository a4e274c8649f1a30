import Files
import Foundation
import SegmentationData
import SegmentationImage
import SegmentationModels
import Torch

/// A checkpoint on the command line: weights, and what the file and its folder say of the network.
struct NetworkFile {
  let path: String
  let architecture: Architecture
  let state: StateDictionary
  let card: ModelCard?
  /// The configuration of the run that wrote it, where it still lies in the run's folder.
  let configuration: URL?

  /// - Parameter network: Needed for checkpoints that do not tell.
  init(_ path: String, network: Architecture?) throws {
    self.path = path
    let url = URL(filePath: path)
    let content = try Checkpoint.read(from: url)
    state = try Checkpoint.state(in: content, file: path)
    card = ModelCard(checkpoint: content)
    let beside = url.deletingLastPathComponent().appending(path: "config.yaml")
    configuration = card != nil && FileSystem.exists(beside.path) ? beside : nil
    guard let architecture = try network ?? card.map({ try Architecture(name: $0.model) }) else {
      throw CommandError("\(path): does not say which network it is of; name it with --model (rtseg models lists them)")
    }
    self.architecture = architecture
  }

  /// The network on the checkpoint's own tensors, for evaluation; heads that only training uses are left out.
  func makeModel(classes: Int) throws -> SegmentationModel {
    let model = try withoutInitialization { try architecture.makeModel(classes: classes) }
    let names = Set(model.namedState.map(\.name))
    var headNames: Set<String> = []
    if !state.keys.allSatisfy(names.contains) {
      let full = try withDefaultDevice(.meta) {
        try architecture.makeModel(classes: classes, heads: architecture.supportedHeads)
      }
      headNames = Set(full.namedState.map(\.name)).subtracting(names)
    }
    do {
      try model.share(state.renamed { headNames.contains($0) ? nil : $0 })
    } catch let error as StateMismatch {
      throw CommandError("\(path): \(error) (\(architecture.name), \(classes) classes)")
    }
    return model
  }
}
