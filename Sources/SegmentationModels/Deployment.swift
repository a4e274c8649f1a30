import Foundation
import Torch

/// A trained network in the form that serves running alone (``DeployableNetwork``), and how it compares with the form that
/// was trained.
public struct Deployment {
  /// The network in its deployed form, in evaluation mode.
  public let network: SegmentationModel
  /// The description of the network in the checkpoint; `nil` for a file from elsewhere.
  public let card: ModelCard?
  /// The number of parameters before.
  public let trainedParameters: Int
  /// The largest difference between the scores of both forms for an image of noise, as a part of the largest score.
  public let difference: Double

  /// The largest difference that rounding explains.
  private static let tolerance = 1e-3

  /// Merges the paths of a checkpoint's network.
  /// - Parameters:
  ///   - classes: The number of classes that the network must have; `nil` for those that the file has.
  ///   - note: Receives lines that tell what was chosen, such as averaged weights.
  /// - Throws: `NetworkCheckpointError` if the weights do not fit, `DeploymentError` if there is nothing to merge or if the
  ///   result computes something else.
  public init(_ checkpoint: NetworkCheckpoint, classes: Int? = nil, note: (String) -> Void = { _ in }) throws {
    let path = checkpoint.file.relativePath
    let trained = try checkpoint.makeModel(classes: classes, note: note).eval()
    guard let deployable = trained as? any DeployableNetwork else {
      throw DeploymentError.noPaths(network: trained.name)
    }
    guard !deployable.isDeployed else { throw DeploymentError.isDeployed(file: path) }
    let network: SegmentationModel = deployable.deployed()
    self.network = network
    card = checkpoint.card
    trainedParameters = trained.parameterCount
    let image = trained.padded(Tensor.randomNormal([1, trained.imageChannels, 128, 256], device: .cpu))
    difference = withoutGradients {
      let expected = trained.logits(image)
      return ((network.logits(image) - expected).abs().max() / expected.abs().max()).item
    }
    guard difference <= Self.tolerance else { throw DeploymentError.differs(file: path, difference: difference) }
  }

  /// Writes the network with its description as a `.pth` or, by the ending of the name, a `.safetensors` file.
  /// - Throws: `FileError`.
  public func write(to file: URL) throws {
    let state = network.stateDictionary
    guard file.pathExtension.lowercased() == "safetensors" else {
      var content: PickleValue = ["state_dict": PickleValue(state)]
      if let card { content = ["state_dict": PickleValue(state), "rtseg": ["card": .string(card.json)]] }
      return try Checkpoint.write(content, to: file)
    }
    try state.writeSafetensors(to: file, metadata: card.map { [Checkpoint.cardKey: $0.json] } ?? [:])
  }
}

/// A network that cannot be deployed, with the reason in one line.
public enum DeploymentError: Error, CustomStringConvertible, Equatable, Sendable {
  /// The network has no blocks of several paths.
  case noPaths(network: String)
  /// The file holds the deployed form already.
  case isDeployed(file: String)
  /// The merged network computes something else, because numbers in it are too large.
  case differs(file: String, difference: Double)

  /// The error in one line.
  public var description: String {
    switch self {
    case .noPaths(let network):
      "\(network): it has no blocks of several paths to merge; rtseg compile and rtseg export take it as it is"
    case .isDeployed(let file): "\(file): its network is in the deployed form already"
    case .differs(let file, let difference):
      "\(file): the merged network's scores differ by \(difference) of the largest score, which is more than rounding "
        + "explains: its weights or running statistics are not usable"
    }
  }
}
