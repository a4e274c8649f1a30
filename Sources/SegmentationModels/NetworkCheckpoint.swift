import Foundation
import Torch

/// A checkpoint: the weights of a network, and what the file says about that network.
///
/// Checkpoints of `rtseg train` name their network, its classes and the normalization of its input (`card`). Files from
/// elsewhere hold weights alone.
public struct NetworkCheckpoint {
  /// The file that was read.
  public let file: URL
  /// The description of the network in the file; nil for a file from elsewhere.
  public let card: ModelCard?
  /// The network that the caller named.
  private let named: Architecture?
  private let content: PickleValue

  /// Reads a `.pth`, `.pdparams` or `.safetensors` file.
  /// - Parameter architecture: The network, for files that do not name it.
  /// - Throws: `CheckpointError` or `FileError` for a file that cannot be read, `NetworkCheckpointError` for one whose card
  ///   is damaged.
  public init(contentsOf file: URL, architecture: Architecture? = nil) throws {
    self.file = file
    named = architecture
    content = try Checkpoint.read(from: file)
    do { card = try ModelCard(checkpoint: content) } catch let error as ModelCardError {
      throw NetworkCheckpointError.damaged(file: file.relativePath, reason: error.description)
    }
  }

  /// The network: the one that the caller named, or else the one that the file names.
  /// - Throws: `NetworkCheckpointError.unnamed` if neither names one, `ArchitectureError` if the catalogue does not have the
  ///   one that the file names.
  public var architecture: Architecture {
    get throws {
      if let named { return named }
      guard let card else { throw NetworkCheckpointError.unnamed(file: file.relativePath) }
      return try Architecture(name: card.model)
    }
  }

  /// The network on the checkpoint's own tensors, for inference; heads that only training uses are left out.
  ///
  /// A network with a single score for two classes is one by its card, or without a card by its weights.
  /// - Parameters:
  ///   - classes: The number of classes that the network must have; nil for those that the file has.
  ///   - note: Receives lines that tell what was chosen, such as averaged weights.
  /// - Throws: `NetworkCheckpointError` if the weights do not fit.
  public func makeModel(classes: Int? = nil, note: (String) -> Void = { _ in }) throws -> SegmentationModel {
    let architecture = try architecture
    let path = file.relativePath
    if let card, let classes, classes != card.classes.count {
      if card.singleScore { throw NetworkCheckpointError.singleScore(file: path, expected: classes) }
      throw NetworkCheckpointError.classes(file: path, found: card.classes.count, expected: classes)
    }
    let count = classes ?? card?.classes.count ?? Self.usualClasses
    do {
      return try makeModel(architecture, classes: count, scores: card?.singleScore == true ? 1 : count, note)
    } catch let mismatch as StateMismatch {
      let found = mismatch.classes(insteadOf: count)
      guard card == nil, let found, classes == nil || (classes == 2 && found == 1) else {
        if let card, let found {
          throw NetworkCheckpointError.damaged(
            file: path, reason: "its weights are of \(found) classes, but its card names \(card.classes.count)")
        }
        throw NetworkCheckpointError(mismatch, file: path, network: architecture.name, classes: count)
      }
      guard found == 1 else { return try makeModel(architecture, classes: found, scores: found, note) }
      note("\(path): its network has a single score: the second class is where the score is above 0")
      return try makeModel(architecture, classes: 2, scores: 1, note)
    }
  }

  /// Puts the weights into a network that is there already, such as one that is not in the catalogue.
  /// - Throws: `NetworkCheckpointError` if the weights do not fit.
  public func load(into model: SegmentationModel, note: (String) -> Void = { _ in }) throws {
    do {
      try model.load(weights(for: model, network: "\(type(of: model))", note))
    } catch let mismatch as StateMismatch {
      throw NetworkCheckpointError.weights(file: file.relativePath, reason: "\(mismatch)")
    }
    if let card { model.hasSingleScore = card.singleScore }
  }

  /// The number of classes of most published checkpoints, those of Cityscapes. It is tried first if nothing tells it.
  private static let usualClasses = 19

  private func makeModel(
    _ architecture: Architecture, classes: Int, scores: Int, _ note: (String) -> Void
  ) throws -> SegmentationModel {
    var model = try withoutInitialization {
      try architecture.makeModel(classes: scores, inputChannels: card?.imageChannels ?? 3)
    }
    model.hasSingleScore = scores == 1 && classes == 2
    if let network = model as? any DeployableNetwork, holdsDeployedForm(of: network) { model = network.blankDeployed() }
    let state = try weights(for: model, network: architecture.name, note)
    let names = Set(model.namedState.map(\.name))
    var headNames: Set<String> = []
    if !state.keys.allSatisfy(names.contains) {
      let full = try withDefaultDevice(.meta) {
        try architecture.makeModel(
          classes: scores, heads: architecture.supportedHeads, inputChannels: card?.imageChannels ?? 3)
      }
      headNames = Set(full.namedState.map(\.name)).subtracting(names)
    }
    try model.share(
      state.renamed { name in
        headNames.contains(name) || model.trainingParts.contains(where: name.hasPrefix) ? nil : name
      })
    return model
  }

  /// Whether the weights are of the form that serves running alone: they then have names that only that form has.
  private func holdsDeployedForm(of network: any DeployableNetwork) -> Bool {
    let form = withDefaultDevice(.meta) { network.blankDeployed() }
    guard let mark = Set(form.namedState.map(\.name)).subtracting(network.namedState.map(\.name)).min() else {
      return false
    }
    return content.tensorShapes.keys.contains { $0 == mark || $0.hasSuffix(".\(mark)") }
  }

  /// The network's weights in the file.
  /// - Parameter network: The network's name, for messages.
  private func weights(
    for model: SegmentationModel, network: String, _ note: (String) -> Void
  ) throws -> StateDictionary {
    let path = file.relativePath
    let network = (try? architecture.name) ?? "\(type(of: model))"
    let weights = try model.weights(in: content, file: path, network: network)
    if !weights.others.isEmpty { note("\(path): weights\(weights.origin)") }
    return weights.state
  }
}
