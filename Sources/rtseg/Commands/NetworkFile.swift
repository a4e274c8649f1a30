import Files
import Foundation
import SegmentationModels
import Torch

/// A checkpoint on the command line: weights, and what the file and its folder say of the network.
struct NetworkFile {
  let path: String
  let architecture: Architecture
  let card: ModelCard?
  /// The configuration of the run that wrote it, where it still lies in the run's folder.
  let configuration: URL?
  private let content: PickleValue

  /// - Parameter network: Needed for checkpoints that do not tell.
  init(_ path: String, network: Architecture?) throws {
    self.path = path
    content = try Checkpoint.read(from: URL(filePath: path))
    do { card = try ModelCard(checkpoint: content) } catch { throw CommandError("\(path): \(error)") }
    let beside = "\(FileSystem.folder(of: path))/config.yaml"
    configuration = card != nil && FileSystem.exists(beside) ? URL(filePath: beside) : nil
    guard let architecture = try network ?? card.map({ try Architecture(name: $0.model) }) else {
      throw CommandError("\(path): does not say which network it is of; name it with --model (rtseg models lists them)")
    }
    self.architecture = architecture
  }

  /// The network on the checkpoint's own tensors, for evaluation; heads that only training uses are left out.
  func makeModel(classes: ClassCount) throws -> SegmentationModel {
    let model = try withoutInitialization { try architecture.makeModel(classes: classes.count) }
    let weights = try NetworkWeights(in: content, file: path, shapes: model.stateShapes)
    if !weights.others.isEmpty { Terminal.report("\(path): weights\(weights.origin)") }
    let names = Set(model.namedState.map(\.name))
    var headNames: Set<String> = []
    if !weights.state.keys.allSatisfy(names.contains) {
      let full = try withDefaultDevice(.meta) {
        try architecture.makeModel(classes: classes.count, heads: architecture.supportedHeads)
      }
      headNames = Set(full.namedState.map(\.name)).subtracting(names)
    }
    do {
      try model.share(weights.state.renamed { headNames.contains($0) ? nil : $0 })
    } catch let error as StateMismatch {
      throw classes.error(error, file: path, network: architecture)
    }
    return model
  }
}
