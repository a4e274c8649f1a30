import Foundation
import SegmentationImage
import SegmentationModels
import Torch

/// A run in a report: the content of its folder, the results of its network, and the look of its curves.
struct ReportRun: Sendable {
  /// The run's place in the report, from 0.
  let index: Int
  let name: String
  let record: RunRecord
  let evaluation: RunEvaluation?

  /// The name of the style class, one of eight, that gives the run's curves their color.
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

  /// The number of the network's parameters, without heads that only training uses.
  var parameters: Int? {
    guard let options = record.options, let architecture = try? options.model.architecture() else { return nil }
    let classes = record.classNames.count
    guard classes > 0, let scores = try? options.model.scores(classes: classes) else { return nil }
    return try? withDefaultDevice(.meta) {
      try architecture.makeModel(classes: scores, inputChannels: options.data.channels)
    }.parameterCount
  }

  /// The confusion matrix of this report's evaluation or, without one, of the run's own best validation.
  var confusion: ConfusionReport? {
    if let evaluation { return evaluation.scores.confusion }
    return record.confusion.map { ConfusionReport(counts: $0.counts, classNames: $0.classNames) }
  }

  /// The IoU of each class in the best validation, from 0 to 1.
  var classIoU: [String: Double] { record.best?.classIoU ?? [:] }

  /// The name and the best value of the score that decides.
  var bestScore: String? {
    guard let best = record.best, let score = best.scores[record.monitor.name] else { return nil }
    return "\(record.monitor.title) \(Quantity.percent(score))"
  }
}
