/// The speed of steps, as a mean over several of them.
struct StepPace {
  private var images = 0.0
  private var data = 0.0
  private var step = 0.0
  private var weight = 0.0
  private let decay: Double

  /// - Parameter decay: The factor by which the weight of a step shrinks with each step after it.
  init(decay: Double = 1) { self.decay = decay }

  mutating func add(_ progress: StepProgress) {
    images = decay * images + Double(progress.images)
    data = decay * data + progress.dataSeconds
    step = decay * step + progress.stepSeconds
    weight = decay * weight + 1
  }

  var imagesPerSecond: Double { step > 0 ? images / step : 0 }
  /// The time that a step waits for its batch, in seconds.
  var dataSeconds: Double { weight > 0 ? data / weight : 0 }
  /// The time of a whole step in seconds.
  var stepSeconds: Double { weight > 0 ? step / weight : 0 }
  /// The share of the time that steps spend waiting for their batches.
  var dataShare: Double { step > 0 ? data / step : 0 }
}

extension MetricsRow {
  /// Creates the row of a single step.
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
