import Basics
import Foundation

/// These options keep an average of the weights over the steps (EMA), which validation and `best.pth` then use.
public struct AveragingOptions: Codable, Sendable, Equatable, ValidatedOptions {
  /// The way in which the decay rises at the start of a run.
  public enum Ramp: String, Codable, Sendable, CaseIterable {
    /// The decay at a step is `decay` times `1 - exp(-step / ramp_steps)`. The average follows the network closely at
    /// first.
    case exponential
    /// The decay at a step is the step's number divided by the number of all steps, as in the PyTorch reference. The
    /// average is a copy of the network at first and hardly moves at the end.
    case linear
  }

  /// Whether an average of the weights is kept, scored and written into `best.pth`.
  public var enabled = false
  /// The way in which the decay rises at the start of a run.
  public var ramp = Ramp.exponential
  /// The share of the average that is kept at each step after the ramp; the rest comes from the network. The ramp
  /// `linear` does not use it.
  public var decay = 0.9998
  /// The ramp `exponential` takes about this many steps.
  public var rampSteps = 2000

  /// Creates the default options.
  public init() {}

  /// Makes sure that the values can be used.
  /// - Throws: `InvalidOption` for the first value that cannot.
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
