/// How fast steps are, as a mean over several of them.
struct StepPace {
  private var images = 0.0
  private var data = 0.0
  private var step = 0.0
  private var weight = 0.0
  private let decay: Double

  /// - Parameter decay: The factor by which a step counts less with each step after it.
  init(decay: Double = 1) { self.decay = decay }

  mutating func add(_ progress: StepProgress) {
    images = decay * images + Double(progress.images)
    data = decay * data + progress.dataSeconds
    step = decay * step + progress.stepSeconds
    weight = decay * weight + 1
  }

  var imagesPerSecond: Double { step > 0 ? images / step : 0 }
  /// Seconds of a step spent waiting for the batch.
  var dataSeconds: Double { weight > 0 ? data / weight : 0 }
  /// Seconds of a whole step.
  var stepSeconds: Double { weight > 0 ? step / weight : 0 }
  /// The share of the time that steps wait for their batches.
  var dataShare: Double { step > 0 ? data / step : 0 }
}

extension MetricsRow {
  /// A single step's row.
  init(_ progress: StepProgress, pace: StepPace) {
    self.init(epoch: progress.epoch, step: progress.runStep)
    isStep = true
    loss = progress.loss
    lossParts = progress.lossParts.isEmpty ? nil : progress.lossParts
    learningRate = progress.learningRate
    imagesPerSecond = pace.imagesPerSecond
    dataSeconds = pace.dataSeconds
    stepSeconds = pace.stepSeconds
  }
}
