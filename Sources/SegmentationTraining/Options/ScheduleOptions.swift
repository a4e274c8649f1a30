import Torch

/// How the learning rate moves over a run.
public struct ScheduleOptions: Codable, Sendable, Equatable, ValidatedOptions {
  public var policy = LearningRateSchedule.Policy.cosine
  /// Epochs until the peak; fractions too.
  public var warmupEpochs = 3.0
  /// Polynomial: the exponent.
  public var power = 0.9
  /// Step: epochs between decays, and the factor.
  public var stepEpochs = 30
  public var gamma = 0.1
  /// Cosine and linear: the momentum runs from 0.95 down to 0.85 and back, as with PyTorch's OneCycleLR, instead of
  /// staying at `optimizer.momentum`.
  public var cycleMomentum = false

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
