import Basics
import Torch

/// How the learning rate moves over a run.
public struct ScheduleOptions: Codable, Sendable, Equatable, ValidatedOptions {
  /// The form of the schedule.
  public var policy = LearningRateSchedule.Policy.cosine
  /// Epochs until the highest rate is reached; a fraction of an epoch too.
  public var warmupEpochs = 3.0
  /// The exponent of the polynomial policy.
  public var power = 0.9
  /// Epochs between the decays of the step policy.
  public var stepEpochs = 30
  /// The factor by which the step policy lowers the rate.
  public var gamma = 0.1
  /// Whether the momentum of the cosine and linear policies runs from 0.95 down to 0.85 and back, as with PyTorch's
  /// OneCycleLR, instead of staying at `optimizer.momentum`.
  public var cycleMomentum = true

  public init() {}

  public func validate() throws {
    try require(warmupEpochs, in: 0...Double(OptionLimits.epochs), "warmupEpochs")
    try require(power > 0 && power <= 1000, "power", "above 0, at most 1000", found: power)
    try require(stepEpochs, in: 1...OptionLimits.epochs, "stepEpochs")
    try require(gamma > 0 && gamma <= 1000, "gamma", "above 0, at most 1000", found: gamma)
  }

  /// The schedule of a run.
  func schedule(learningRate: Double, epochs: Int, stepsPerEpoch: Int) -> LearningRateSchedule {
    // A run shorter than its warm-up still comes down again.
    let warmup = min(warmupEpochs, Double(epochs) / 2)
    return LearningRateSchedule(
      policy, learningRate: learningRate, totalSteps: epochs * stepsPerEpoch,
      warmupSteps: warmup * Double(stepsPerEpoch), power: power, stepSize: stepEpochs * stepsPerEpoch, gamma: gamma,
      momentumRange: cycleMomentum ? 0.85...0.95 : nil)
  }
}
