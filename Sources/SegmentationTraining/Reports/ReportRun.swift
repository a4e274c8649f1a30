import Foundation
import SegmentationModels
import Torch

/// A run in a report: what its folder holds, what its network was found to do, and how its curves look.
struct ReportRun: Sendable {
  /// Its place among the runs of the report, from 0.
  let index: Int
  let name: String
  let record: RunRecord
  let evaluation: RunEvaluation?

  /// The class that gives the run's curves their color, one of eight.
  var colorClass: String { "run\(index % 8)" }

  /// The lengths of the dashes and gaps of the run's curves, so that they are told apart without colors too.
  var dashes: String {
    let kinds = ["", "7 3", "2 3", "10 3 2 3", "5 2 1 2 1 2"]
    return kinds[(index + index / 8) % kinds.count]
  }

  /// A short piece of the run's curve.
  var swatch: HTML {
    """
    <svg class="swatch" viewBox="0 0 30 10" aria-hidden="true"><line class="\(colorClass)" x1="1" y1="5" x2="29" y2="5" \
    stroke-width="3" stroke-dasharray="\(dashes)"/></svg>
    """
  }

  /// How many numbers the network is made of, without heads that only training uses.
  var parameters: Int? {
    guard let options = record.options, let architecture = try? options.model.architecture() else { return nil }
    let classes = record.classNames.count
    guard classes > 0, let scores = try? options.model.scores(classes: classes) else { return nil }
    return try? withDefaultDevice(.meta) { try architecture.makeModel(classes: scores) }.parameterCount
  }

  /// The counts of pixels by label and prediction: of this evaluation, or of the run's own best validation.
  var confusion: ConfusionReport? {
    if let evaluation { return evaluation.scores.confusion }
    return record.confusion.map { ConfusionReport(counts: $0.counts, classNames: $0.classNames) }
  }

  /// The score of each class in the best validation, 0 to 1.
  var classIoU: [String: Double] { record.best?.classIoU ?? [:] }

  /// The best value of the score that decides, in words.
  var bestScore: String? {
    guard let best = record.best, let score = best.scores[record.monitor.name] else { return nil }
    return "\(record.monitor.title) \(Quantity.percent(score))"
  }
}
