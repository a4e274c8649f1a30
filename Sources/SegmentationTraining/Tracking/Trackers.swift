/// The observers of a run that its options ask for: `metrics.jsonl`, TensorBoard, MLflow.
struct Trackers {
  let observers: [any TrainingObserver]

  /// Makes sure, before the run reads its data, that each of them can be reached.
  init(_ options: TrainingOptions, isResumed: Bool) throws {
    var observers: [any TrainingObserver] = [StepRecorder()]
    if options.logging.tensorboard { observers.append(try TensorBoard(options)) }
    if let address = options.logging.mlflow {
      observers.append(try MLflow(options, address: MLflowAddress(address), isResumed: isResumed))
    }
    self.observers = observers
  }
}
