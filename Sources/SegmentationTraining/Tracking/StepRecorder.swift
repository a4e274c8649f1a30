/// Writes the measurements of single steps into `metrics.jsonl`, for the steps that `logging.step_interval` chooses.
final class StepRecorder: TrainingObserver {
  private var pace = StepPace()

  func stepEnded(_ progress: StepProgress, _ trainer: Trainer) throws {
    pace.add(progress)
    guard trainer.options.logging.records(step: progress.runStep) else { return }
    try trainer.metrics.append(MetricsRow(progress, pace: pace))
    pace = StepPace()
  }
}
