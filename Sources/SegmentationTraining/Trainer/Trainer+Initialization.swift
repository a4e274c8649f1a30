import Files
import Foundation
import SegmentationData
import SegmentationModels
import SegmentationWeights
import Torch

/// Gives the network of a new run the weights that it starts from.
extension Trainer {
  /// Gives the network the weights that the options name.
  func initialize() throws {
    if let initial = options.model.initial { try initialize(from: initial) }
    if let weights = options.model.backboneWeights { try initializeBackbone(from: weights) }
    if let file = options.continueFrom { try takeUpReferenceRun(file) }
    try average?.load(model.stateDictionary)
  }

  /// Copies the weights of another checkpoint that fit by name and shape, and says what did not.
  private func initialize(from path: String) throws {
    let file = try PretrainedWeights(log: log).find(path)
    let weights = try model.weights(
      in: Checkpoint.read(from: file.url), file: path, network: model.name, partly: true)
    var state = weights.state
    var adapted: [String] = []
    for (name, tensor) in model.namedState where model.imageChannels != 3 {
      guard let source = state[name], source.shape != tensor.shape, let fitted = source.fitted(toInputOf: tensor.shape)
      else { continue }
      state[name] = fitted
      adapted.append(name)
    }
    let mismatch = try model.load(state, strict: false)
    let loaded = model.namedState.count - mismatch.missing.count - mismatch.misshapen.count
    log.message("\(path): \(loaded) of \(model.namedState.count) tensors loaded\(weights.origin)")
    let lines =
      mismatch.misshapen.map { "  other shape  \($0.name): \($0.found), here \($0.expected)" }
      + mismatch.missing.map { "  not in it    \($0)" }
      + mismatch.unexpected.map { "  not used     \($0.printable(limit: 200))" }
    for name in adapted { log.message("  adapted      \(name): \(imageChannelsRule)") }
    for line in lines.prefix(Self.longestList) { log.message(line) }
    if lines.count > Self.longestList { log.message("  ... \(lines.count - Self.longestList) more") }
    if loaded == 0 { throw TrainingError("\(path): none of its tensors fits \(model.name)") }
  }

  private static let longestList = 500

  /// Copies published weights into the backbone or encoder, and says what of them was not used.
  private func initializeBackbone(from location: String) throws {
    guard let backbone = model.pretrainable else { return }
    let part = options.model.custom ? nil : try options.model.architecture().pretrainedPart
    let weights = try PretrainedWeights(log: log).read(location, for: part, of: backbone)
    let module = "the \(model.pretrainableTitle) of \(model.name)"
    let report = try backbone.loadPretrained(
      weights.state, names: backbone.pretrainedNames, file: location, module: module)
    report.lines(file: location + weights.origin, module: module).prefix(Self.longestList).forEach(log.message)
  }
}
