import Foundation
import SegmentationImage

/// Loss and mIoU over the steps of a run, as an SVG picture that needs nothing else.
public struct CurvePlot: Sendable {
  private let rows: [MetricsRow]
  private let title: String

  public init(rows: [MetricsRow], title: String) {
    self.rows = rows
    self.title = title
  }

  /// The picture, 1000 x 420 units on a light background: losses on the left, scores in percent on the right.
  public func svg() -> String {
    let end = Double(rows.map(\.step).max() ?? 1)
    let loss = PlotPanel(
      title: "Loss", origin: (x: 64, y: 92), xEnd: end, yTop: lossTop, curves: lossCurves, note: nil)
    let scores = PlotPanel(
      title: "Validation, %", origin: (x: 564, y: 92), xEnd: end, yTop: scoreTop, curves: scoreCurves, note: best)
    return SVG.picture(width: 1000, height: 420, title: title, [loss.svg(), scores.svg()])
  }

  // MARK: Curves

  private func points(_ value: KeyPath<MetricsRow, Double?>, scale: Double = 1) -> [PlotPanel.Point] {
    rows.compactMap { row in
      guard let y = row[keyPath: value], y.isFinite else { return nil }
      return (x: Double(row.step), y: y * scale)
    }
  }

  private var lossCurves: [PlotPanel.Curve] {
    let training = Self.thinned(points(\.loss))
    return [
      .init(name: nil, color: "#3b6fb6", points: training, width: 1, opacity: 0.3),
      .init(name: "training", color: "#3b6fb6", points: Self.smoothed(training), width: 2),
      .init(name: "validation", color: "#d9772b", points: points(\.validationLoss), width: 2, hasDots: true),
    ]
  }

  private var scoreCurves: [PlotPanel.Curve] {
    [
      .init(
        name: "pixel accuracy", color: "#8a93a3", points: points(\.pixelAccuracy, scale: 100), width: 1.5,
        hasDots: true),
      .init(name: "mIoU", color: "#2a8a5b", points: points(\.meanIoU, scale: 100), width: 2, hasDots: true),
    ]
  }

  private var best: PlotPanel.Note? {
    guard let best = points(\.meanIoU, scale: 100).max(by: { $0.y < $1.y }) else { return nil }
    return .init(point: best, text: String(format: "best %.1f", best.y), color: "#2a8a5b")
  }

  /// The top of the loss axis: a few spikes are cut off rather than flattening the rest.
  private var lossTop: Double {
    let sorted = lossCurves[0].points.map(\.y).sorted()
    let high = sorted.isEmpty ? 1 : sorted[sorted.count - 1 - sorted.count / 50]
    return max(high, points(\.validationLoss).map(\.y).max() ?? 0, 1e-6)
  }

  private var scoreTop: Double { scoreCurves.flatMap(\.points).map(\.y).max().map { max($0, 1) } ?? 100 }

  /// Means of equal runs of points, so that a long run's picture stays small.
  private static func thinned(_ points: [PlotPanel.Point]) -> [PlotPanel.Point] {
    let size = (points.count + 399) / 400
    guard size > 1 else { return points }
    return stride(from: 0, to: points.count, by: size).map { start in
      let part = points[start..<min(start + size, points.count)]
      let count = Double(part.count)
      return (x: part.reduce(0) { $0 + $1.x } / count, y: part.reduce(0) { $0 + $1.y } / count)
    }
  }

  /// An exponential mean, corrected for its start.
  private static func smoothed(_ points: [PlotPanel.Point]) -> [PlotPanel.Point] {
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
