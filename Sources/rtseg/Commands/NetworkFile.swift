import Files
import Foundation
import SegmentationModels
import SegmentationWeights
import Torch

/// A checkpoint on the command line: weights, and what the file and its folder say of the network.
struct NetworkFile {
  /// What the user calls it.
  let path: String
  let architecture: Architecture
  let card: ModelCard?
  /// The configuration of the run that wrote it, where it still lies in the run's folder.
  let configuration: URL?
  private let content: PickleValue

  /// - Parameter network: Needed for checkpoints that do not tell.
  init(_ path: String, network: Architecture?) throws {
    self.path = path
    let file = try PretrainedWeights.onTerminal.find(path)
    if let network, let other = file.architecture, other != network {
      throw CommandError("\(path): this is a checkpoint of \(other.name), not of \(network.name): leave --model out")
    }
    content = try Checkpoint.read(from: file.url)
    do { card = try ModelCard(checkpoint: content) } catch { throw CommandError("\(path): \(error)") }
    let beside = "\(FileSystem.folder(of: file.url.relativePath))/config.yaml"
    configuration = card != nil && FileSystem.exists(beside) ? URL(filePath: beside) : nil
    guard let architecture = try network ?? file.architecture ?? card.map({ try Architecture(name: $0.model) }) else {
      throw CommandError("\(path): does not say which network it is of; name it with --model (rtseg models lists them)")
    }
    self.architecture = architecture
  }

  /// The network on the checkpoint's own tensors, for evaluation; heads that only training uses are left out.
  ///
  /// A network with a single score for two classes is one by its card, or without a card by its weights.
  func makeModel(classes: ClassCount) throws -> SegmentationModel {
    if let card, card.singleScore, classes.count != 2 {
      throw CommandError(
        "\(path): its network tells two classes apart by a single score, but \(classes.count) are asked for")
    }
    do {
      return try makeModel(classes, scores: card?.singleScore == true ? 1 : classes.count)
    } catch let error as StateMismatch {
      guard card == nil, classes.count == 2, classes.found(in: error) == 1 else {
        throw classes.error(error, file: path, network: architecture)
      }
      Terminal.report("\(path): its network has a single score: the second class is where the score is above 0")
      return try makeModel(classes, scores: 1)
    }
  }

  private func makeModel(_ classes: ClassCount, scores: Int) throws -> SegmentationModel {
    let model = try withoutInitialization { try architecture.makeModel(classes: scores) }
    model.hasSingleScore = scores == 1 && classes.count == 2
    let weights = try model.weights(in: content, file: path, network: architecture.name)
    if !weights.others.isEmpty { Terminal.report("\(path): weights\(weights.origin)") }
    let names = Set(model.namedState.map(\.name))
    var headNames: Set<String> = []
    if !weights.state.keys.allSatisfy(names.contains) {
      let full = try withDefaultDevice(.meta) {
        try architecture.makeModel(classes: scores, heads: architecture.supportedHeads)
      }
      headNames = Set(full.namedState.map(\.name)).subtracting(names)
    }
    try model.share(weights.state.renamed { headNames.contains($0) ? nil : $0 })
    return model
  }
}
