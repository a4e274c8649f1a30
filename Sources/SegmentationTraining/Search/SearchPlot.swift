import Foundation
import SegmentationImage

/// Draws the history of a study and the importance of its parameters as an SVG picture that needs no other file.
struct SearchPlot {
  private let summary: StudySummary
  private let monitor: ScoreKind

  private static let color = "#2a8a5b"
  private static let prunedColor = "#b3bac6"
  /// The number of parameters that are shown: those with the largest importance.
  private static let barLimit = 12

  init(_ summary: StudySummary, monitor: ScoreKind) {
    self.summary = summary
    self.monitor = monitor
  }

  /// The picture as the text of an SVG file: 1000 x 420 units, light background, scores in percent on the left,
  /// importances on the right.
  func svg() -> String {
    let whole = points(.complete)
    let pruned = points(.pruned)
    let best = bestSoFar(whole)
    let history = PlotPanel(
      title: "\(monitor.title), %", origin: (x: 64, y: 92), xEnd: Double(summary.trials.map(\.number).max() ?? 1),
      yTop: max((whole + pruned).map(\.y).max() ?? 100, 1),
      curves: [
        .init(name: "pruned", color: Self.prunedColor, points: pruned, width: 0, hasDots: true),
        .init(name: "trials", color: "#3b6fb6", points: whole, width: 0, hasDots: true),
        .init(name: "best", color: Self.color, points: best, width: 2),
      ], note: note, xTitle: "trial")
    return SVG.picture(width: 1000, height: 420, title: title, [history.svg()] + bars())
  }

  private var title: String {
    let pruned = summary.count(.pruned)
    let failed = summary.count(.fail)
    return "Search: \(summary.count(.complete)) whole trials, \(pruned) pruned"
      + (failed > 0 ? ", \(failed) failed" : "")
  }

  private func points(_ state: StudySummary.State) -> [PlotPanel.Point] {
    summary.trials.compactMap { trial in
      trial.state == state ? trial.value.map { (x: Double(trial.number), y: $0 * 100) } : nil
    }
  }

  private func bestSoFar(_ points: [PlotPanel.Point]) -> [PlotPanel.Point] {
    var line: [PlotPanel.Point] = []
    for point in points {
      let best = line.last?.y ?? point.y
      line.append((x: point.x, y: best))
      if monitor.isBetter(point.y, than: best) { line.append(point) }
    }
    return line
  }

  private var note: PlotPanel.Note? {
    guard let trial = summary.bestTrial, let value = trial.value else { return nil }
    return .init(
      point: (x: Double(trial.number), y: value * 100), text: String(format: "best %.1f", value * 100),
      color: Self.color)
  }

  /// A bar for each parameter, in order of importance.
  private func bars() -> [String] {
    let (left, top, width) = (720.0, 92.0, 220.0)
    var parts = [SVG.text("Importance (PED-ANOVA)", x: 520, y: top - 14, weight: "bold")]
    guard !summary.importances.isEmpty else {
      return parts + [SVG.text("too few trials yet", x: 740, y: top + 135, anchor: "middle")]
    }
    for (index, importance) in summary.importances.prefix(Self.barLimit).enumerated() {
      let y = top + 4 + Double(index) * 24
      let length = width * min(max(importance.share, 0), 1)
      parts.append(SVG.text(Self.shortened(importance.name), x: left - 8, y: y + 12, anchor: "end"))
      parts.append(
        "<rect x=\"\(left)\" y=\"\(SVG.number(y))\" width=\"\(SVG.number(max(length, 1)))\" height=\"16\" "
          + "fill=\"#3b6fb6\"/>")
      parts.append(SVG.text(String(format: "%.2f", importance.share), x: left + length + 8, y: y + 12))
    }
    return parts
  }

  /// A key or, if it is too long for its place, the end of it.
  private static func shortened(_ name: String) -> String { name.count > 32 ? "…\(name.suffix(31))" : name }
}
