import Foundation

/// The learning rate (and momentum) of each step of a training run, as a function of the step's number alone, so that
/// there is no state to lose on resumption.
public struct LearningRateSchedule: Sendable, Equatable {
  public enum Policy: String, Sendable, Codable, CaseIterable {
    /// The rate rises and falls along cosines (PyTorch's OneCycleLR).
    case cosine
    /// The rate rises and falls along straight lines.
    case linear
    /// After a linear warm-up, the rate is the highest one times (1 - step / steps) to a power.
    case polynomial
    /// After a linear warm-up, the rate is multiplied by a factor each time a number of steps has passed.
    case step
    /// After a linear warm-up, the rate stays the same.
    case constant
  }

  public var policy: Policy
  /// The peak.
  public var learningRate: Double
  public var totalSteps: Int
  public var warmupSteps: Double
  /// Polynomial: the exponent.
  public var power: Double
  /// Step: how many steps between decays, and the factor.
  public var stepSize: Int
  public var gamma: Double
  /// One cycle: the momentum (Adam's first beta) runs from the second down to the first and back; `nil` leaves it alone.
  public var momentumRange: ClosedRange<Double>?

  /// One cycle starts at the peak over this and ends at the start over `finalDivisor`.
  public static let initialDivisor = 25.0
  public static let finalDivisor = 1e4

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

  /// The momentum for step `step`, where the schedule moves it.
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
