/// What a training step tells of itself.
public struct StepProgress: Sendable, Equatable {
  /// The epoch and how many there are, from 1.
  public var epoch: Int
  public var epochs: Int
  /// The step within its epoch, from 1, and how many there are.
  public var step: Int
  public var stepsPerEpoch: Int
  /// Steps since the start of the run, this one included.
  public var runStep: Int { (epoch - 1) * stepsPerEpoch + step }
  public var loss: Double
  /// The parts of the loss by name, if there are several.
  public var lossParts: [String: Double] = [:]
  public var learningRate: Double
  /// Images in the batch.
  public var images: Int
  /// Seconds spent waiting for the batch.
  public var dataSeconds: Double
  /// Seconds of the whole step, the wait included.
  public var stepSeconds: Double

  /// Bytes of memory: those that the process has now, or the most that an accelerator had in use; nil if unknown.
  public var memory: Int?

  public init(
    epoch: Int, epochs: Int, step: Int, stepsPerEpoch: Int, loss: Double, learningRate: Double, images: Int,
    dataSeconds: Double, stepSeconds: Double
  ) {
    self.epoch = epoch
    self.epochs = epochs
    self.step = step
    self.stepsPerEpoch = stepsPerEpoch
    self.loss = loss
    self.learningRate = learningRate
    self.images = images
    self.dataSeconds = dataSeconds
    self.stepSeconds = stepSeconds
  }

  /// Steps of the run after this one.
  var stepsLeft: Int { (epochs - epoch) * stepsPerEpoch + stepsPerEpoch - step }
}
