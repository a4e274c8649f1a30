import Basics
import Foundation

/// An average of the weights over the steps, which validation and `best.pth` then use.
public struct AveragingOptions: Codable, Sendable, Equatable, ValidatedOptions {
  public enum Ramp: String, Codable, Sendable, CaseIterable {
    /// decay · (1 - exp(-step / ramp steps)): follows the network at first.
    case exponential
    /// step / all steps: a copy of the network at first, frozen at the end, as in the PyTorch reference.
    case linear
  }

  public var enabled = false
  public var ramp = Ramp.exponential
  public var decay = 0.9998
  public var rampSteps = 2000

  public init() {}

  public func validate() throws {
    try require(decay > 0 && decay < 1, "decay", "between 0 and 1", found: decay)
    try require(rampSteps, in: 1...OptionLimits.steps, "rampSteps")
  }

  /// The share of the average that stays at the update after step `step`, counted from 1.
  public func decay(at step: Int, of totalSteps: Int) -> Double {
    switch ramp {
    case .exponential: decay * (1 - exp(-Double(step) / Double(rampSteps)))
    case .linear: Double(step) / Double(totalSteps)
    }
  }
}
