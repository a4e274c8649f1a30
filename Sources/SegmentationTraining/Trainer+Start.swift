import Files
import Foundation
import SegmentationData
import SegmentationModels
import SegmentationWeights
import Torch

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
      in: Checkpoint.read(from: file.url), file: path, network: architecture.name, partly: true)
    let mismatch = try model.load(weights.state, strict: false)
    let loaded = model.namedState.count - mismatch.missing.count - mismatch.misshapen.count
    log.message("\(path): \(loaded) of \(model.namedState.count) tensors loaded\(weights.origin)")
    let lines =
      mismatch.misshapen.map { "  other shape  \($0.name): \($0.found), here \($0.expected)" }
      + mismatch.missing.map { "  not in it    \($0)" }
      + mismatch.unexpected.map { "  not used     \($0.printable(limit: 200))" }
    for line in lines.prefix(Self.longestList) { log.message(line) }
    if lines.count > Self.longestList { log.message("  ... \(lines.count - Self.longestList) more") }
    if loaded == 0 { throw TrainingError("\(path): none of its tensors fits \(architecture.name)") }
  }

  private static let longestList = 500

  /// Copies published weights into the backbone or encoder, and says what of them was not used.
  private func initializeBackbone(from location: String) throws {
    guard let backbone = model.pretrainable, let part = architecture.pretrainedPart else { return }
    let weights = try PretrainedWeights(log: log).read(location, for: part, of: backbone)
    let module = "the \(model is EncoderDecoder ? "encoder" : "backbone") of \(architecture.name)"
    let report = try backbone.loadPretrained(
      weights.state, names: backbone.pretrainedNames, file: location, module: module)
    report.lines(file: location + weights.origin, module: module).prefix(Self.longestList).forEach(log.message)
  }

  /// Takes up a run of the PyTorch reference: its weights, the optimizer's state, its epoch and its best score.
  private func takeUpReferenceRun(_ path: String) throws {
    let content = try Checkpoint.read(from: URL(filePath: path))
    func refuse(_ problem: String) -> TrainingError { TrainingError("continue_from: \(path): \(problem)") }
    guard content["rtseg"] == nil else {
      throw refuse("this is a checkpoint of rtseg: go on with --resume FOLDER, or start from its weights with --init")
    }
    let fields = CheckpointFields(values: content, file: path, path: "checkpoint")
    guard content["cur_epoch"] != nil, content["optimizer"]?.dictionary != nil else {
      throw refuse(
        "expected a last.pth with cur_epoch and optimizer, as the PyTorch reference writes it; start from the weights of "
          + "other files with --init")
    }
    let done = try fields.integer("cur_epoch", in: 0...OptionLimits.epochs) + 1
    guard done < options.epochs else {
      throw refuse("its run has trained \(done) epochs; expected epochs of more than that, found \(options.epochs)")
    }
    let steps = content["scheduler"]?["last_epoch"]?.int
    if let steps, steps != done * stepsPerEpoch {
      throw refuse(
        "its \(steps) steps in \(done) epochs do not fit this run's epochs of \(stepsPerEpoch) steps; choose the data, "
          + "batch_size and accumulation of that run")
    }
    let score = content["best_score"].map { _ in try? fields.number("best_score", in: 0...1) } ?? 0
    let weights = try NetworkWeights(in: content, file: path, shapes: model.stateShapes)
    let state: [Int: [String: Tensor]]
    do { state = try optimizer.state(from: content["optimizer"] ?? .none) } catch { throw refuse("\(error)") }
    do { try model.load(weights.state) } catch { throw refuse("\(error)") }
    optimizer.state = state
    epoch = done
    step = done * stepsPerEpoch
    bestScore = score ?? 0
    trainingData.seek(to: LoaderPosition(epoch: epoch))
    log.message("\(path): goes on after epoch \(done), with its weights and the state of its optimizer")
  }
}
