/// Writes single steps into `metrics.jsonl`, as many as `logging.step_interval` says.
final class StepRecorder: TrainingObserver {
  private var pace = StepPace()

  func stepEnded(_ progress: StepProgress, _ trainer: Trainer) throws {
    pace.add(progress)
    guard trainer.options.logging.records(step: progress.runStep) else { return }
    try trainer.metrics.append(MetricsRow(progress, pace: pace))
    pace = StepPace()
  }
}
