import Torch

// A schedule as PyTorch's schedulers save theirs, so that PyTorch can go on with a run.

extension LearningRateSchedule {
  /// The state of a scheduler after a number of steps.
  func pickled(at step: Int) -> PickleValue {
    [
      "last_epoch": .int(step), "_step_count": .int(step + 1), "total_steps": .int(totalSteps),
      "_last_lr": .list([.double(learningRate(at: step))]),
    ]
  }

  /// The options that OneCycleLR, or another scheduler, keeps in a group of the optimizer.
  func groupOptions(learningRateFactor factor: Double) -> [(name: String, value: Double)] {
    let peak = learningRate * factor
    guard policy == .cosine || policy == .linear else { return [("initial_lr", peak)] }
    let initial = peak / Self.initialDivisor
    var options = [("initial_lr", initial), ("max_lr", peak), ("min_lr", initial / Self.finalDivisor)]
    if let momentumRange {
      options += [("max_momentum", momentumRange.upperBound), ("base_momentum", momentumRange.lowerBound)]
    }
    return options
  }
}
