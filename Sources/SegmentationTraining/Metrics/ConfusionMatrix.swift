import Torch

/// The number of pixels for each label (row) and prediction (column). It is summed up on the device that has the
/// predictions, and nothing else is kept of them.
public final class ConfusionMatrix: Metric {
  /// The metric's name in configurations.
  public static let name = "confusion"
  /// The metric is always computed.
  public static let isOptional = false
  /// The scores that follow from the matrix.
  public static let scores = [
    ScoreKind("mean_iou", "mIoU", byClass: .init("class_iou", "IoU")),
    ScoreKind("mean_accuracy", "mean accuracy", byClass: .init("class_accuracy", "accuracy")),
    ScoreKind("mean_dice", "mean Dice", byClass: .init("class_dice", "Dice")),
    ScoreKind("frequency_weighted_iou", "frequency-weighted IoU"),
    ScoreKind("pixel_accuracy", "pixel accuracy"),
  ]

  /// The number of classes.
  public let classes: Int
  /// The counts, int64 [classes * classes], row after row.
  public var sums: [String: Tensor]

  /// Begins with no pixels.
  public init(classes: Int, device: Device = .cpu) {
    self.classes = classes
    sums = ["counts": .zeros([classes * classes], dtype: .int64, device: device)]
  }

  /// Adds predicted classes and labels, both int64 of the same shape; pixels with the label 255 do not count.
  public func add(predictions: Tensor, labels: Tensor) {
    withoutGradients {
      let cells = (labels * Double(classes) + predictions).masked(by: labels .!= Double(ignoredLabel))
      sums["counts"]!.addInPlace(cells.bincount(minimumLength: classes * classes))
    }
  }

  /// Adds a batch.
  public func update(predictions: Predictions, labels: Tensor) {
    add(predictions: predictions.classes, labels: labels)
  }

  /// The counts, row after row.
  public var elements: [Int64] { sums["counts"]!.elements() }

  /// The scores, overall and by class.
  public func report(classNames: [String], absentClasses: AbsentClasses = .skip) -> ConfusionReport {
    ConfusionReport(counts: elements, classNames: classNames, absentClasses: absentClasses)
  }

  /// The scores in the order of `scores`.
  public func results(_ absentClasses: AbsentClasses) -> [MetricResult] {
    let report = report(classNames: (0..<classes).map { "\($0)" }, absentClasses: absentClasses)
    return [
      MetricResult(value: report.meanIoU, classes: report.iou),
      MetricResult(value: report.meanAccuracy, classes: report.accuracy),
      MetricResult(value: report.meanDice, classes: report.dice),
      MetricResult(value: report.frequencyWeightedIoU),
      MetricResult(value: report.pixelAccuracy),
    ]
  }
}
