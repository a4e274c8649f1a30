/// How a run ended.
public struct TrainingSummary: Sendable {
  /// The best value of the score that `validation.monitor` names.
  public let bestScore: Double
  /// The steps that the run has done in all.
  public let steps: Int
  /// Whether the run was asked to stop before its end, so that it can go on.
  public let wasInterrupted: Bool
}
