import Foundation
import SegmentationData
import SegmentationModels
import Torch

extension Trainer {
  /// Takes up a run of the PyTorch reference: its weights, the optimizer's state, its epoch and its best score.
  func takeUpReferenceRun(_ path: String) throws {
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
