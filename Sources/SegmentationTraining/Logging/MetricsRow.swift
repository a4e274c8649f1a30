/// One line of `metrics.jsonl`: what was measured at a step; what was not is absent.
public struct MetricsRow: Codable, Sendable, Equatable {
  /// The epoch, from 1.
  public var epoch: Int
  /// Optimisation steps since the start of the run, from 1.
  public var step: Int
  /// The training loss.
  public var loss: Double?
  /// The parts that the training loss is the sum of, if there are several.
  public var losses: [String: Double]?
  public var learningRate: Double?
  public var imagesPerSecond: Double?
  /// Seconds of the step spent waiting for the batch.
  public var dataSeconds: Double?
  /// Seconds of the whole step.
  public var stepSeconds: Double?
  public var validationLoss: Double?
  /// The mean IoU on the validation set, 0 to 1.
  public var meanIoU: Double?
  /// How many classes that mean covers: those with labelled pixels in the validation set.
  public var classesInMean: Int?
  /// The share of pixels labelled rightly, 0 to 1.
  public var pixelAccuracy: Double?
  /// IoU by class name, without absent classes.
  public var classIoU: [String: Double]?

  public init(epoch: Int, step: Int) {
    self.epoch = epoch
    self.step = step
  }

  /// A validation's scores.
  init(epoch: Int, step: Int, report: ConfusionReport) {
    self.init(epoch: epoch, step: step)
    meanIoU = report.meanIoU
    classesInMean = report.classesInMean
    pixelAccuracy = report.pixelAccuracy
    let scores = zip(report.classNames, report.iou).compactMap { name, iou in iou.map { (name, $0) } }
    classIoU = Dictionary(scores) { first, _ in first }
  }

  enum CodingKeys: String, CodingKey {
    case epoch, step, loss, losses
    case learningRate = "learning_rate"
    case imagesPerSecond = "images_per_second"
    case dataSeconds = "data_seconds"
    case stepSeconds = "step_seconds"
    case validationLoss = "validation_loss"
    case meanIoU = "mean_iou"
    case classesInMean = "classes_in_mean"
    case pixelAccuracy = "pixel_accuracy"
    case classIoU = "class_iou"
  }
}
