import SegmentationData

/// Watches a run, as a log, a tracker or a search does. All functions are called on the thread that trains.
///
/// An error that one of them throws ends the run, as a full disk does.
public protocol TrainingObserver: AnyObject {
  /// The run begins, or goes on where it was stopped: `trainer.step` steps are done.
  func runBegan(_ trainer: Trainer) throws
  /// A step is done. Its loss is not finite if the step was skipped.
  func stepEnded(_ progress: StepProgress, _ trainer: Trainer) throws
  /// All steps of an epoch are done; the row holds their means.
  func epochEnded(_ row: MetricsRow, _ trainer: Trainer) throws
  /// The network was scored; the row holds the scores. `trainer.requestStop` ends the run after this validation.
  func validationEnded(_ row: MetricsRow, _ trainer: Trainer) throws
  /// A validation has labelled a batch. It may still be interrupted, and then begins anew when the run goes on.
  func batchLabelled(_ batch: Batch, _ predictions: Predictions, _ trainer: Trainer) throws
  /// The run ended without an error: all epochs are done, or it was interrupted or stopped.
  func runEnded(_ summary: TrainingSummary, _ trainer: Trainer) throws
  /// The run ended with an error, perhaps one that an observer threw.
  func runFailed(_ error: any Error, _ trainer: Trainer)
}

extension TrainingObserver {
  public func runBegan(_ trainer: Trainer) throws {}
  public func stepEnded(_ progress: StepProgress, _ trainer: Trainer) throws {}
  public func epochEnded(_ row: MetricsRow, _ trainer: Trainer) throws {}
  public func validationEnded(_ row: MetricsRow, _ trainer: Trainer) throws {}
  public func batchLabelled(_ batch: Batch, _ predictions: Predictions, _ trainer: Trainer) throws {}
  public func runEnded(_ summary: TrainingSummary, _ trainer: Trainer) throws {}
  public func runFailed(_ error: any Error, _ trainer: Trainer) {}
}
