import Basics
import Torch

/// These options set how the learning rate changes during a run.
public struct ScheduleOptions: Codable, Sendable, Equatable, ValidatedOptions {
  /// The course of the learning rate after the warm-up.
  public var policy = LearningRateSchedule.Policy.cosine
  /// The number of epochs in which the learning rate rises to its highest value. Fractions such as 0.5 are allowed.
  /// The warm-up never takes more than half of the run.
  public var warmupEpochs = 3.0
  /// The exponent of the policy `polynomial`.
  public var power = 0.9
  /// The policy `step` lowers the learning rate each time this number of epochs has passed.
  public var stepEpochs = 30
  /// The policy `step` multiplies the learning rate by this number each time.
  public var gamma = 0.1
  /// Whether the policies `cosine` and `linear` move the momentum from 0.95 down to 0.85 and back, as PyTorch's
  /// OneCycleLR does. If this is false, it stays at `optimizer.momentum`.
  public var cycleMomentum = true

  /// Creates the default options.
  public init() {}

  /// Makes sure that the values can be used.
  /// - Throws: `InvalidOption` for the first value that cannot.
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
