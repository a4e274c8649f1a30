import Torch

/// Counts of pixels by label (row) and prediction (column), summed up where the predictions are; nothing else is kept of
/// them.
public final class ConfusionMatrix: Metric {
  public static let name = "confusion"
  public static let isOptional = false
  public static let scores = [
    ScoreKind("mean_iou", "mIoU", byClass: .init("class_iou", "IoU")),
    ScoreKind("mean_accuracy", "mean accuracy", byClass: .init("class_accuracy", "accuracy")),
    ScoreKind("mean_dice", "mean Dice", byClass: .init("class_dice", "Dice")),
    ScoreKind("frequency_weighted_iou", "frequency-weighted IoU"),
    ScoreKind("pixel_accuracy", "pixel accuracy"),
  ]

  public let classes: Int
  public var sums: [String: Tensor]

  public init(classes: Int, device: Device = .cpu) {
    self.classes = classes
    sums = ["counts": .zeros([classes * classes], dtype: .int64, device: device)]
  }

  /// Adds predicted classes against labels, both int64 of one shape; pixels labelled 255 do not count.
  public func add(predictions: Tensor, labels: Tensor) {
    withoutGradients {
      let cells = (labels * Double(classes) + predictions).masked(by: labels .!= Double(ignoredLabel))
      sums["counts"]!.addInPlace(cells.bincount(minimumLength: classes * classes))
    }
  }

  public func update(predictions: Predictions, labels: Tensor) {
    add(predictions: predictions.classes, labels: labels)
  }

  /// The matrix, row after row.
  public var elements: [Int64] { sums["counts"]!.elements() }

  /// Scores by class.
  public func report(classNames: [String], absentClasses: AbsentClasses = .skip) -> ConfusionReport {
    ConfusionReport(counts: elements, classNames: classNames, absentClasses: absentClasses)
  }

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
