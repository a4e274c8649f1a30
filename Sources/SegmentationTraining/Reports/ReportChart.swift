import Foundation
import SegmentationImage

/// A picture of one measurement of several runs, with the numbers in a table below. Its colors follow those of the
/// page.
struct ReportChart {
  typealias Point = PlotPanel.Point

  struct Curve {
    let run: ReportRun
    let points: [Point]
  }

  let title: String
  /// The unit of the horizontal axis: `epoch` or `step`.
  let axis: String
  let curves: [Curve]
  /// Turns a value into text.
  let text: (Double) -> String
  /// Whether the values scatter so much that means over several of them are drawn on top.
  var isNoisy = false

  private let width = 400.0
  private let height = 270.0
  private let left = 52.0
  private let right = 390.0
  private let top = 12.0
  private let bottom = 226.0

  init(
    title: String, axis: String, curves: [Curve], isNoisy: Bool = false, text: @escaping (Double) -> String
  ) {
    self.title = title
    self.axis = axis
    self.curves = curves.filter { !$0.points.isEmpty }
    self.isNoisy = isNoisy
    self.text = text
  }

  /// The picture with its table; empty if no run has any values.
  /// - Parameter id: A number that no other picture of the page has.
  func html(id: Int) -> HTML {
    guard !curves.isEmpty else { return "" }
    let scale = Scale(curves: curves, isNoisy: isNoisy)
    let clip = "area\(id)"
    return """
      <figure class="chart">
      <figcaption>\(title)</figcaption>
      <svg viewBox="0 0 \(length: width) \(length: height)" role="img" aria-label="\(summary)">
      <clipPath id="\(clip)"><rect x="\(length: left)" y="\(length: top - 6)" width="\(length: right - left + 6)" \
      height="\(length: bottom - top + 12)"/></clipPath>
      \(axes(scale))
      <g clip-path="url(#\(clip))">
      \(curves.map { draw($0, scale) })</g>
      </svg>
      <details><summary>Numbers: \(title)</summary>
      \(table())
      </details>
      </figure>

      """
  }

  /// A description of the curves in words, for screen readers.
  private var summary: String {
    let parts = curves.map { curve in
      let values = curve.points.map(\.y)
      return
        "\(curve.run.name): from \(text(values.first!)) to \(text(values.last!)), between \(text(values.min()!)) and "
        + text(values.max()!)
    }
    return "\(title) by \(axis). " + parts.joined(separator: "; ")
  }

  // MARK: Axes

  /// The ranges that the axes show.
  private struct Scale {
    let xEnd: Double
    let yStart: Double
    let yEnd: Double
    let yStep: Double

    init(curves: [Curve], isNoisy: Bool) {
      let points = curves.flatMap(\.points)
      xEnd = max(1, points.map(\.x).max() ?? 1)
      let sorted = points.map(\.y).sorted()
      let low = sorted[0]
      // A few spikes are cut off, so that they do not flatten the rest.
      let high = isNoisy ? sorted[sorted.count - 1 - sorted.count / 50] : sorted[sorted.count - 1]
      // The axis begins at 0 unless that would flatten the curves.
      let base = low >= 0 && low < high * 0.6 ? 0 : low
      let range = max(high - base, abs(high) * 1e-3, 1e-12)
      yStep = PlotPanel.tickStep(range, ticks: 4)
      yStart = base == 0 ? 0 : (base / yStep).rounded(.down) * yStep
      yEnd = max((high / yStep).rounded(.up) * yStep, yStart + yStep)
    }

    /// The values that have a tick on the vertical axis.
    var ticks: [Double] { (0...min(12, Int(((yEnd - yStart) / yStep).rounded()))).map { yStart + Double($0) * yStep } }

    func tick(_ value: Double) -> String {
      if abs(yEnd) >= 1e5 || yStep < 1e-4 { return value == 0 ? "0" : String(format: "%.1e", value) }
      return String(format: "%.\(max(0, Int((-log10(yStep)).rounded(.up))))f", value)
    }
  }

  private func place(_ point: Point, _ scale: Scale) -> Point {
    let height = (point.y - scale.yStart) / (scale.yEnd - scale.yStart)
    // A spike ends a little outside the visible area.
    return (
      x: left + point.x / scale.xEnd * (right - left), y: bottom - min(max(height, -1), 2) * (bottom - top)
    )
  }

  private func axes(_ scale: Scale) -> HTML {
    let rows = scale.ticks.map { value -> HTML in
      let y = place((x: 0, y: value), scale).y
      return """
        <line class="grid" x1="\(length: left)" y1="\(length: y)" x2="\(length: right)" y2="\(length: y)"/>\
        <text x="\(length: left - 7)" y="\(length: y + 4)" text-anchor="end">\(scale.tick(value))</text>

        """
    }
    let step = max(1, PlotPanel.tickStep(scale.xEnd, ticks: 5))
    let columns = (0...min(12, Int(scale.xEnd / step))).map { index -> HTML in
      let value = Double(index) * step
      let x = place((x: value, y: 0), scale).x
      return """
        <text x="\(length: x)" y="\(length: bottom + 18)" text-anchor="middle">\(PlotPanel.count(value))</text>

        """
    }
    return """
      \(rows)\(columns)<text x="\(length: (left + right) / 2)" y="\(length: bottom + 36)" text-anchor="middle">\(axis)</text>
      """
  }

  // MARK: Curves

  private func draw(_ curve: Curve, _ scale: Scale) -> HTML {
    let points = CurvePlot.thinned(curve.points)
    let isSmoothed = isNoisy && points.count > 40
    let raw: HTML = isSmoothed ? line(points, curve, scale, style: "raw") : ""
    let line = line(isSmoothed ? CurvePlot.smoothed(points) : points, curve, scale, style: "curve")
    let dots = points.count <= 60 && !isSmoothed ? points.map { dot($0, curve, scale) } : []
    return "<g data-run=\"\(curve.run.index)\" class=\"\(curve.run.colorClass)\">\(raw)\(line)\(dots)</g>\n"
  }

  private func line(_ points: [Point], _ curve: Curve, _ scale: Scale, style: String) -> HTML {
    let places = points.map { place($0, scale) }
    return """
      <polyline class="\(style)" points="\(points: places)" stroke-dasharray="\(curve.run.dashes)"/>
      """
  }

  /// A point that shows its value when the mouse rests on it.
  private func dot(_ point: Point, _ curve: Curve, _ scale: Scale) -> HTML {
    let (x, y) = place(point, scale)
    return """
      <circle class="dot" cx="\(length: x)" cy="\(length: y)" r="2.6"/><circle class="hit" cx="\(length: x)" \
      cy="\(length: y)" r="9"><title>\(curve.run.name), \(axis) \(Quantity.number(point.x)): \(text(point.y))</title></circle>
      """
  }

  // MARK: Numbers

  /// The values at about 25 places, or at all of them if there are fewer.
  private func table() -> HTML {
    let places = Set(curves.flatMap { $0.points.map(\.x) }).sorted()
    let step = max(1, (places.count + 24) / 25)
    // Counting from the end makes the last place one of them.
    let shown = stride(from: places.count - 1, through: 0, by: -step).map { places[$0] }.reversed()
    let values = curves.map { Dictionary($0.points.map { ($0.x, $0.y) }) { _, last in last } }
    return ReportTable(
      caption: "\(title) by \(axis)", columns: ["\(axis)"] + curves.map { curve -> HTML in "\(curve.run.name)" },
      rows: shown.map { x -> (name: HTML, cells: [HTML]) in
        (name: "\(String(format: "%.0f", x))", cells: values.map { ReportTable.cell($0[x].map(text) ?? "-") })
      }, style: "numbers"
    ).html()
  }
}
