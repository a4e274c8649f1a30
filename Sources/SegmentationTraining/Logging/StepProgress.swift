/// The measurements of a training step.
public struct StepProgress: Sendable, Equatable {
  /// The number of the epoch, from 1.
  public var epoch: Int
  /// The number of epochs of the run.
  public var epochs: Int
  /// The number of the step within its epoch, from 1.
  public var step: Int
  /// The number of steps in an epoch.
  public var stepsPerEpoch: Int
  /// The number of steps since the start of the run, with this one.
  public var runStep: Int { (epoch - 1) * stepsPerEpoch + step }
  /// The training loss of the batch.
  public var loss: Double
  /// The parts of the loss by name, if there are several.
  public var lossParts: [String: Double] = [:]
  /// The learning rate of the step.
  public var learningRate: Double
  /// The number of images in the batch.
  public var images: Int
  /// The time spent waiting for the batch, in seconds.
  public var dataSeconds: Double
  /// The time of the whole step, with the wait, in seconds.
  public var stepSeconds: Double

  /// The memory in use in bytes: that of the process, or the most that an accelerator has had in use; `nil` if unknown.
  public var memory: Int?

  /// Creates the measurements of a step with a loss of one part.
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

  /// The number of steps of the run after this one.
  var stepsLeft: Int { (epochs - epoch) * stepsPerEpoch + stepsPerEpoch - step }
}
