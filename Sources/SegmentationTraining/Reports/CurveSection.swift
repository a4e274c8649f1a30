import Foundation
import SegmentationImage

/// The section with losses, scores and learning rates. Each picture shows all runs.
struct CurveSection {
  let runs: [ReportRun]

  func html() -> HTML {
    let groups = [("By epoch", byEpoch), ("By step", bySteps)]
    let parts = groups.enumerated().map { place, group -> HTML in
      let figures = group.1.enumerated().map { index, chart in chart.html(id: 100 * place + index) }.filter { $0 != "" }
      return figures.isEmpty ? "" : "<h3>\(group.0)</h3>\n<div class=\"charts\">\n\(figures)</div>\n"
    }
    guard parts.contains(where: { $0 != "" }) else { return "<p>There are no measurements yet.</p>" }
    let names = runs.map { run -> HTML in
      "<li data-legend=\"\(run.index)\"><label>\(run.swatch) <span>\(run.name)</span></label></li>\n"
    }
    return "<ul class=\"legend\" aria-label=\"The runs' curves\">\n\(names)</ul>\n\(parts)"
  }

  private func chart(
    _ title: String, steps: Bool = false, isNoisy: Bool = false, text: @escaping (Double) -> String = Quantity.number,
    _ value: (MetricsRow) -> Double?
  ) -> ReportChart {
    let curves = runs.map { run in
      let rows = steps ? run.record.stepRows : run.record.rows
      return ReportChart.Curve(
        run: run,
        points: rows.compactMap { row in
          value(row).flatMap { abs($0) <= 1e300 ? (x: Double(steps ? row.step : row.epoch), y: $0) : nil }
        })
    }
    return ReportChart(title: title, axis: steps ? "step" : "epoch", curves: curves, isNoisy: isNoisy, text: text)
  }

  private var byEpoch: [ReportChart] {
    let monitors = Set(runs.map(\.record.monitor.name))
    let kinds = MetricSet.known.flatMap { metric in
      metric.scores.filter {
        metric.isOptional || ["mean_iou", "pixel_accuracy"].contains($0.name) || monitors.contains($0.name)
      }
    }
    let parts = Set(runs.flatMap { $0.record.rows.flatMap { ($0.lossParts ?? [:]).keys } }).sorted()
    return [chart("Training loss", \.loss)]
      + kinds.map { kind in
        chart("Validation: \(kind.title), %", text: { String(format: "%.2f", $0) }) { row in
          row.scores[kind.name].map { $0 * 100 }
        }
      }
      + [chart("Learning rate", \.learningRate)]
      + parts.prefix(12).map { part in chart("Part of the loss: \(part)") { $0.lossParts?[part] } }
  }

  private var bySteps: [ReportChart] {
    let parts = Set(runs.flatMap { $0.record.stepRows.flatMap { ($0.lossParts ?? [:]).keys } }).sorted()
    return [
      chart("Training loss", steps: true, isNoisy: true, \.loss), chart("Learning rate", steps: true, \.learningRate),
      chart("Images per second", steps: true, isNoisy: true, \.imagesPerSecond),
    ]
      + parts.prefix(12).map { part in
        chart("Part of the loss: \(part)", steps: true, isNoisy: true) { $0.lossParts?[part] }
      }
  }
}
