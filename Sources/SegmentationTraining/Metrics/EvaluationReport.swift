/// The scores of a network on a split.
public struct EvaluationReport: Sendable, Equatable {
  public let classNames: [String]
  /// Counts and scores by class.
  public let confusion: ConfusionReport
  /// Scores by their names, without those of which nothing was measured.
  public private(set) var scores: [String: Double] = [:]
  /// Scores by class, by the score's and the class's name.
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

  /// The score of a name; nil if nothing was measured.
  public subscript(name: String) -> Double? { scores[name] }

  /// A plain-text table by class, in percent, with the means below.
  public func table() -> String {
    ScoreTable(
      classNames: classNames, scores: scores, classScores: classScores,
      classPixels: Dictionary(zip(classNames, confusion.labelledPixels)) { first, _ in first },
      absentClasses: confusion.absentClassRule
    ).text()
  }

  /// Mean IoU and pixel accuracy, the scores that were asked for, and the one that decides, in one line.
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
