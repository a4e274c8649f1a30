import SegmentationData

/// An object that watches a run, such as a log, a tracker or a search. All of its functions have a default that does
/// nothing, and are called on the thread that trains.
///
/// An error thrown by an observer ends the run, just as a full disk does.
public protocol TrainingObserver: AnyObject {
  /// The run begins, or goes on after it was stopped; `trainer.step` steps are done by then.
  func runBegan(_ trainer: Trainer) throws
  /// A step is done. If the step was skipped, its loss is not finite.
  func stepEnded(_ progress: StepProgress, _ trainer: Trainer) throws
  /// All steps of an epoch are done. The row holds their means.
  func epochEnded(_ row: MetricsRow, _ trainer: Trainer) throws
  /// The network was scored. The row holds the scores. `trainer.requestStop` ends the run after this validation.
  func validationEnded(_ row: MetricsRow, _ trainer: Trainer) throws
  /// A validation has predicted a batch. If the validation is interrupted later, it begins anew when the run goes on.
  func batchLabelled(_ batch: Batch, _ predictions: Predictions, _ trainer: Trainer) throws
  /// The run ended without an error: all epochs are done, or it was interrupted or stopped.
  func runEnded(_ summary: TrainingSummary, _ trainer: Trainer) throws
  /// The run ended with an error, which may come from an observer.
  func runFailed(_ error: any Error, _ trainer: Trainer)
}

extension TrainingObserver {
  /// Does nothing.
  public func runBegan(_ trainer: Trainer) throws {}
  /// Does nothing.
  public func stepEnded(_ progress: StepProgress, _ trainer: Trainer) throws {}
  /// Does nothing.
  public func epochEnded(_ row: MetricsRow, _ trainer: Trainer) throws {}
  /// Does nothing.
  public func validationEnded(_ row: MetricsRow, _ trainer: Trainer) throws {}
  /// Does nothing.
  public func batchLabelled(_ batch: Batch, _ predictions: Predictions, _ trainer: Trainer) throws {}
  /// Does nothing.
  public func runEnded(_ summary: TrainingSummary, _ trainer: Trainer) throws {}
  /// Does nothing.
  public func runFailed(_ error: any Error, _ trainer: Trainer) {}
}
