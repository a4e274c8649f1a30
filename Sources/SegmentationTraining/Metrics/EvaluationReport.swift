/// The scores of a network on a split.
public struct EvaluationReport: Sendable, Equatable {
  /// The name of each class.
  public let classNames: [String]
  /// The counts and the scores that follow from the confusion matrix.
  public let confusion: ConfusionReport
  /// The scores by their names. A score for which nothing was measured is left out.
  public private(set) var scores: [String: Double] = [:]
  /// The scores by class: first by the score's name, then by the class's.
  public private(set) var classScores: [String: [String: Double]] = [:]

  package init(_ set: MetricSet, classNames: [String], absentClasses: AbsentClasses) {
    self.classNames = classNames
    var confusion: ConfusionReport?
    for metric in set.metrics {
      if let matrix = metric as? ConfusionMatrix {
        confusion = matrix.report(classNames: classNames, absentClasses: absentClasses)
      }
      for (kind, result) in zip(type(of: metric).scores, metric.results(absentClasses)) {
        scores[kind.name] = result.value
        guard let byClass = kind.byClass, let values = result.classes else { continue }
        let named = zip(classNames, values).compactMap { name, value in value.map { (name, $0) } }
        classScores[byClass.name] = Dictionary(named) { first, _ in first }
      }
    }
    self.confusion = confusion!
  }

  /// The score with a name; `nil` if nothing was measured.
  public subscript(name: String) -> Double? { scores[name] }

  /// A table of plain text: a line per class, in percent, with the means below.
  public func table() -> String {
    ScoreTable(
      classNames: classNames, scores: scores, classScores: classScores,
      classPixels: Dictionary(zip(classNames, confusion.labelledPixels)) { first, _ in first },
      absentClasses: confusion.absentClassRule
    ).text()
  }

  /// One line with mean IoU, pixel accuracy, the scores that were asked for, and the score by which the best checkpoint
  /// is chosen.
  package func summary(monitor: ScoreKind) -> String {
    let kinds = MetricSet.known.flatMap { metric in
      metric.scores.filter {
        ["mean_iou", "pixel_accuracy", monitor.name].contains($0.name) || metric.isOptional && scores[$0.name] != nil
      }
    }
    return kinds.map { kind in
      "\(kind.title) \(percent(scores[kind.name]))" + (kind.name == "mean_iou" ? " over \(confusion.coverage)" : "")
    }.joined(separator: "  ")
  }
}
