/// Who follows a run because its options say so: `metrics.jsonl`, TensorBoard, MLflow.
struct Trackers {
  let observers: [any TrainingObserver]

  /// Makes sure that each of them can be reached, before the run reads its data.
  init(_ options: TrainingOptions, isResumed: Bool) throws {
    var observers: [any TrainingObserver] = [StepRecorder()]
    if options.logging.tensorboard { observers.append(try TensorBoard(options)) }
    if let address = options.logging.mlflow {
      observers.append(try MLflow(options, address: MLflowAddress(address), isResumed: isResumed))
    }
    self.observers = observers
  }
}
