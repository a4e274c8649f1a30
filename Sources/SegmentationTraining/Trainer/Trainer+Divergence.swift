import SegmentationModels
import Torch

/// Finds runs whose numbers have left what can be computed with, before such numbers reach a file.
extension Trainer {
  /// Throws unless every number that a checkpoint would hold is finite.
  func refuseStateThatIsNotFinite() throws {
    guard let name = try catchingTorchErrors({ firstNonFiniteState() }) else { return }
    throw TrainingError(
      "after step \(step), \(name) has values that are not finite; \(placeOfGoodState); \(Self.remedy)")
  }

  /// Throws after a last epoch of which less than half of the steps counted: its result would be taken for a trained
  /// network and is none.
  func refuseIdleLastEpoch() throws {
    guard epoch + 1 == options.epochs, epochLoss.count * 2 < stepsPerEpoch else { return }
    throw TrainingError(
      "only \(epochLoss.count) of the last epoch's \(stepsPerEpoch) steps counted: in the others the loss or the gradients "
        + "were not finite; \(placeOfGoodState); \(Self.remedy)")
  }

  /// The words with which a run that diverges says where its last good state is.
  var placeOfGoodState: String {
    options.checkpoints.keepsLast
      ? "the last good state is in \(folder.lastCheckpoint.relativePath)"
      : "no state is saved, since checkpoints is \(options.checkpoints.rawValue)"
  }

  static var remedy: String { "try a lower optimizer.learning_rate, or optimizer.clip_norm" }

  private func firstNonFiniteState() -> String? {
    withoutGradients {
      for (name, tensor) in model.namedState where !tensor.isFiniteEverywhere { return name }
      for (name, tensor) in average?.state.entries ?? [] where !tensor.isFiniteEverywhere {
        return "the average of \(name)"
      }
      for (name, tensor) in distillation?.adapter?.namedState ?? [] where !tensor.isFiniteEverywhere {
        return "the distillation's \(name)"
      }
      let names = optimizer.groups.flatMap(\.names)
      for number in optimizer.state.keys.sorted() {
        for (key, tensor) in optimizer.state[number]!.sorted(by: { $0.key < $1.key }) where !tensor.isFiniteEverywhere {
          return "the optimizer's \(key) of \(names[number])"
        }
      }
      return nil
    }
  }
}

extension Tensor {
  /// Whether no element is infinite or not a number.
  package var isFiniteEverywhere: Bool {
    guard dtype.isFloatingPoint else { return true }
    // A sum that is finite has only finite terms; a sum that is not may have overflowed.
    return to(dtype: .float32).sum().item.isFinite || isFinite().all().item != 0
  }
}

/// Runs a part of training. If libtorch's memory is exhausted in it, the error says what to lower.
func explainingExhaustion<Result>(_ options: TrainingOptions, _ body: () throws -> Result) throws -> Result {
  do {
    return try body()
  } catch let error as TorchError {
    guard error.isMemoryExhausted else { throw error }
    throw TrainingError(
      "memory is exhausted: training \(options.model.name) with batch_size \(options.batchSize) and "
        + "augmentation.crop_size \(options.augmentation.cropSize) needs more than is free; lower one of them"
        + (options.validation.enabled ? "; if this happened in validation, lower augmentation.scale" : ""),
      isMemoryExhausted: true)
  }
}
