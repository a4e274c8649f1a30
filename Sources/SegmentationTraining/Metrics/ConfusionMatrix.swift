import Torch

/// Counts of pixels by label (row) and prediction (column), summed up where the predictions are; nothing else is kept of
/// them.
public final class ConfusionMatrix {
  public let classes: Int
  private var counts: Tensor

  public init(classes: Int, device: Device = .cpu) {
    self.classes = classes
    counts = .zeros([classes * classes], dtype: .int64, device: device)
  }

  /// Adds predicted classes against labels, both int64 of one shape; pixels labelled 255 do not count.
  public func add(predictions: Tensor, labels: Tensor) {
    withoutGradients {
      let cells = (labels * Double(classes) + predictions).masked(by: labels .!= Double(ignoredLabel))
      counts.addInPlace(cells.bincount(minimumLength: classes * classes))
    }
  }

  /// The matrix, row after row.
  public var elements: [Int64] { counts.elements() }

  /// Scores by class.
  public func report(classNames: [String]) -> ConfusionReport {
    ConfusionReport(counts: elements, classNames: classNames)
  }
}
