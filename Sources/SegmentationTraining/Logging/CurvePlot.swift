import Foundation
import SegmentationImage

/// Draws the loss and the scores of a run over its steps as an SVG picture that needs no other file.
public struct CurvePlot: Sendable {
  private let rows: [MetricsRow]
  private let title: String
  private let monitor: ScoreKind

  /// Prepares a picture. Rows of single steps are left out.
  /// - Parameters:
  ///   - rows: The run's measurements.
  ///   - title: The picture's title.
  ///   - monitor: The name of the score whose best value is marked.
  public init(rows: [MetricsRow], title: String, monitor: String = "mean_iou") {
    self.rows = rows.filter { !$0.isStep }
    self.title = title
    self.monitor = MetricSet.score(monitor) ?? ConfusionMatrix.scores[0]
  }

  /// The picture as the text of an SVG file: 1000 x 420 units, light background, losses on the left, scores in percent
  /// on the right.
  public func svg() -> String {
    let end = Double(rows.map(\.step).max() ?? 1)
    let loss = PlotPanel(
      title: "Loss", origin: (x: 64, y: 92), xEnd: end, yTop: lossTop, curves: lossCurves, note: nil)
    let scores = PlotPanel(
      title: "Validation, %", origin: (x: 564, y: 92), xEnd: end, yTop: scoreTop, curves: scoreCurves, note: best)
    return SVG.picture(width: 1000, height: 420, title: title, [loss.svg(), scores.svg()])
  }

  // MARK: Curves

  private func points(_ value: (MetricsRow) -> Double?) -> [PlotPanel.Point] {
    rows.compactMap { row in value(row).flatMap { $0.isFinite ? (x: Double(row.step), y: $0) : nil } }
  }

  /// The points of a score's curve, in percent.
  private func points(_ kind: ScoreKind) -> [PlotPanel.Point] { points { $0.scores[kind.name].map { $0 * 100 } } }

  private var lossCurves: [PlotPanel.Curve] {
    let training = Self.thinned(points(\.loss))
    return [
      .init(name: nil, color: "#3b6fb6", points: training, width: 1, opacity: 0.3),
      .init(name: "training", color: "#3b6fb6", points: Self.smoothed(training), width: 2),
    ]
  }

  /// The curves of mean IoU, pixel accuracy, the score that decides and all scores that were asked for; the most
  /// important one is drawn last.
  private var scoreCurves: [PlotPanel.Curve] {
    let kinds = MetricSet.known.flatMap { metric in
      metric.scores.filter {
        metric.isOptional || ["mean_iou", "pixel_accuracy", monitor.name].contains($0.name)
      }
    }
    return zip(kinds, Self.colors(kinds)).reversed().map { kind, color in
      .init(
        name: kind.title, color: color, points: points(kind), width: kind == monitor ? 2 : 1.5, hasDots: true)
    }
  }

  private static func colors(_ kinds: [ScoreKind]) -> [String] {
    var others = ["#7a5cc0", "#c0564f", "#3b8fb6", "#b08a1e"][...]
    return kinds.map { kind in
      switch kind.name {
      case "mean_iou": "#2a8a5b"
      case "pixel_accuracy": "#8a93a3"
      default: others.popFirst() ?? "#5b6472"
      }
    }
  }

  private var best: PlotPanel.Note? {
    guard let best = points(monitor).max(by: { monitor.isBetter($1.y, than: $0.y) }) else { return nil }
    let color = scoreCurves.first { $0.name == monitor.title }?.color ?? "#2a8a5b"
    return .init(point: best, text: String(format: "best %.1f", best.y), color: color)
  }

  /// The top of the loss axis. A few spikes are cut off, so that they do not flatten the rest.
  private var lossTop: Double {
    let sorted = lossCurves[0].points.map(\.y).sorted()
    let high = sorted.isEmpty ? 1 : sorted[sorted.count - 1 - sorted.count / 50]
    return max(high, 1e-6)
  }

  private var scoreTop: Double { scoreCurves.flatMap(\.points).map(\.y).max().map { max($0, 1) } ?? 100 }

  /// Replaces runs of points, all of the same length, by their means, so that the picture of a long run stays small.
  static func thinned(_ points: [PlotPanel.Point]) -> [PlotPanel.Point] {
    let size = (points.count + 399) / 400
    guard size > 1 else { return points }
    return stride(from: 0, to: points.count, by: size).map { start in
      let part = points[start..<min(start + size, points.count)]
      let count = Double(part.count)
      return (x: part.reduce(0) { $0 + $1.x } / count, y: part.reduce(0) { $0 + $1.y } / count)
    }
  }

  /// An exponential moving mean that is corrected for its start.
  static func smoothed(_ points: [PlotPanel.Point]) -> [PlotPanel.Point] {
    let decay = 1 - 1 / max(2, Double(points.count) / 40)
    var sum = 0.0
    var weight = 0.0
    return points.map { point in
      sum = decay * sum + (1 - decay) * point.y
      weight = decay * weight + (1 - decay)
      return (x: point.x, y: sum / weight)
    }
  }
}
