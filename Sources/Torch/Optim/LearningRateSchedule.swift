import Foundation

/// The learning rate and momentum of each step of a training run. They depend on the step's number alone, so that there
/// is no state to lose if a run goes on after a stop.
public struct LearningRateSchedule: Sendable, Equatable {
  /// The shape of the curve that the learning rate follows.
  public enum Policy: String, Sendable, Codable, CaseIterable {
    /// One cycle: the rate rises over the warm-up, then falls along a cosine (PyTorch's OneCycleLR).
    case cosine
    /// One cycle with straight lines.
    case linear
    /// The rate falls as a power of 1 - step / steps, after a linear warm-up.
    case polynomial
    /// The rate is multiplied by `gamma` after every `stepSize` steps, after a linear warm-up.
    case step
    /// The rate stays the same, after a linear warm-up.
    case constant
  }

  /// The shape of the curve.
  public var policy: Policy
  /// The peak of the learning rate.
  public var learningRate: Double
  /// The number of steps of the whole run.
  public var totalSteps: Int
  /// The number of steps in which the learning rate rises from its start to its peak.
  public var warmupSteps: Double
  /// The exponent of the policy `polynomial`.
  public var power: Double
  /// The number of steps between two decays of the policy `step`.
  public var stepSize: Int
  /// The factor of each decay of the policy `step`.
  public var gamma: Double
  /// The range of the momentum (Adam's first beta) in one cycle: it falls from the upper bound to the lower one and
  /// rises again. `nil` leaves it alone.
  public var momentumRange: ClosedRange<Double>?

  /// The factor between the peak of one cycle and its start.
  public static let initialDivisor = 25.0
  /// The factor between the learning rate at the start of one cycle and at its end.
  public static let finalDivisor = 1e4

  /// Makes a schedule. Arguments that the policy does not use have no effect.
  public init(
    _ policy: Policy, learningRate: Double, totalSteps: Int, warmupSteps: Double = 0, power: Double = 0.9,
    stepSize: Int = 1, gamma: Double = 0.1, momentumRange: ClosedRange<Double>? = nil
  ) {
    self.policy = policy
    self.learningRate = learningRate
    self.totalSteps = totalSteps
    self.warmupSteps = warmupSteps
    self.power = power
    self.stepSize = stepSize
    self.gamma = gamma
    self.momentumRange = momentumRange
  }

  /// The learning rate for step `step`, counted from 0.
  public func learningRate(at step: Int) -> Double {
    let initial = learningRate / Self.initialDivisor
    switch policy {
    case .cosine, .linear:
      return oneCycle(at: step, from: initial, peak: learningRate, to: initial / Self.finalDivisor)
    case .polynomial:
      return warmup(at: step) * learningRate * pow(max(0, 1 - Double(step) / Double(max(1, totalSteps))), power)
    case .step:
      return warmup(at: step) * learningRate * pow(gamma, Double(step / max(1, stepSize)))
    case .constant:
      return warmup(at: step) * learningRate
    }
  }

  /// The momentum for step `step`; `nil` if the schedule does not move it.
  public func momentum(at step: Int) -> Double? {
    guard let range = momentumRange, policy == .cosine || policy == .linear else { return nil }
    return oneCycle(at: step, from: range.upperBound, peak: range.lowerBound, to: range.upperBound)
  }

  private func warmup(at step: Int) -> Double {
    warmupSteps > 0 ? min(1, Double(step + 1) / warmupSteps) : 1
  }

  private func oneCycle(at step: Int, from start: Double, peak: Double, to end: Double) -> Double {
    let top = warmupSteps - 1
    let last = Double(totalSteps - 1)
    if Double(step) <= top { return anneal(from: start, to: peak, share: top == 0 ? 1 : Double(step) / top) }
    return anneal(from: peak, to: end, share: (Double(step) - top) / (last - top))
  }

  private func anneal(from start: Double, to end: Double, share: Double) -> Double {
    policy == .linear ? start + (end - start) * share : end + (start - end) / 2 * (1 + cos(.pi * share))
  }
}
