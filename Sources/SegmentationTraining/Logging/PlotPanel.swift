import Foundation
import SegmentationImage

/// A pair of axes with curves over steps or something else that is counted. Both axes begin at 0.
struct PlotPanel {
  typealias Point = (x: Double, y: Double)

  struct Curve {
    /// The name in the legend; `nil` to leave the curve out of it.
    var name: String?
    var color: String
    var points: [Point]
    var width: Double
    var opacity = 1.0
    var hasDots = false
  }

  /// A text at a point.
  struct Note {
    var point: Point
    var text: String
    var color: String
  }

  private let title: String
  private let left: Double
  private let top: Double
  private let width = 400.0
  private let height = 270.0
  private let xEnd: Double
  private let yEnd: Double
  private let yStep: Double
  private let curves: [Curve]
  private let note: Note?
  private let xTitle: String

  /// - Parameters:
  ///   - origin: The upper left corner of the area that the axes enclose.
  ///   - xEnd: The last step.
  ///   - yTop: The highest value to show; the axis ends at the tick above it.
  init(
    title: String, origin: (x: Double, y: Double), xEnd: Double, yTop: Double, curves: [Curve], note: Note?,
    xTitle: String = "step"
  ) {
    self.title = title
    self.xTitle = xTitle
    (left, top) = origin
    self.xEnd = max(xEnd, 1)
    yStep = Self.tickStep(yTop, ticks: 5)
    yEnd = (yTop / yStep).rounded(.up) * yStep
    self.curves = curves.filter { !$0.points.isEmpty }
    self.note = note
  }

  func svg() -> String {
    let clip = "panel\(Int(left))"
    let area = "x=\"\(left)\" y=\"\(top)\" width=\"\(width)\" height=\"\(height)\""
    let empty =
      curves.isEmpty ? SVG.text("no values yet", x: left + width / 2, y: top + height / 2, anchor: "middle") : ""
    let parts =
      ["<clipPath id=\"\(clip)\"><rect \(area)/></clipPath>", "<rect \(area) fill=\"#ffffff\" stroke=\"#c9ced6\"/>"]
      + axes() + ["<g clip-path=\"url(#\(clip))\" fill=\"none\" stroke-linejoin=\"round\">"] + curves.map(draw)
      + ["</g>"] + curves.filter(\.hasDots).map(drawDots) + legend() + noteText() + [empty]
    return parts.filter { !$0.isEmpty }.joined(separator: "\n")
  }

  // MARK: Axes

  /// The distance between ticks: 1, 2 or 5 times a power of ten, such that the range has about `ticks` of them.
  static func tickStep(_ range: Double, ticks: Int) -> Double {
    let raw = range / Double(ticks)
    let power = pow(10, floor(log10(raw)))
    let step = [1, 2, 5, 10].first { $0 * power >= raw * 0.999 } ?? 10
    return step * power
  }

  private func axes() -> [String] {
    var parts: [String] = []
    let decimals = max(0, Int((-log10(yStep)).rounded(.up)))
    for index in 0...Int((yEnd / yStep).rounded()) {
      let value = Double(index) * yStep
      let y = place((x: 0, y: value)).y
      parts.append(SVG.line(left, y, left + width, y, color: "#e6e9ee"))
      parts.append(SVG.text(String(format: "%.\(decimals)f", value), x: left - 8, y: y + 4, anchor: "end"))
    }
    let xStep = max(1, Self.tickStep(xEnd, ticks: 5))
    for index in 0...Int(xEnd / xStep) {
      let value = Double(index) * xStep
      let x = place((x: value, y: 0)).x
      parts.append(SVG.line(x, top + height, x, top + height + 5, color: "#9aa2af"))
      parts.append(SVG.text(Self.count(value), x: x, y: top + height + 20, anchor: "middle"))
    }
    parts.append(SVG.line(left, top + height, left + width, top + height, color: "#9aa2af"))
    parts.append(SVG.text(xTitle, x: left + width / 2, y: top + height + 40, anchor: "middle"))
    return parts
  }

  /// A number of steps as the axis shows it, such as 500, 1.5k or 20k.
  static func count(_ value: Double) -> String {
    guard value >= 1000 else { return String(format: "%.0f", value) }
    return String(format: value.truncatingRemainder(dividingBy: 1000) == 0 ? "%.0fk" : "%.1fk", value / 1000)
  }

  private func legend() -> [String] {
    var parts = [SVG.text(title, x: left, y: top - 14, weight: "bold")]
    var x = left + width
    for curve in curves.reversed() {
      guard let name = curve.name else { continue }
      // SVG has no way to measure text; a letter takes about 6.6 units at this size.
      x -= Double(name.count) * 6.6
      parts.append(SVG.text(name, x: x, y: top - 14))
      parts.append(SVG.line(x - 24, top - 18, x - 6, top - 18, color: curve.color, width: 3))
      x -= 42
    }
    return parts
  }

  private func noteText() -> [String] {
    guard let note else { return [] }
    let (x, y) = place(note.point)
    let isRight = note.point.x > xEnd / 2
    let below = y + 28 < top + height - 6
    return [
      "<circle cx=\"\(SVG.number(x))\" cy=\"\(SVG.number(y))\" r=\"5\" fill=\"none\" stroke=\"\(note.color)\" "
        + "stroke-width=\"2\"/>",
      SVG.text(
        note.text, x: x, y: below ? y + 28 : y - 14, anchor: isRight ? "end" : "start", weight: "bold",
        color: note.color),
    ]
  }

  // MARK: Drawing

  private func place(_ point: Point) -> Point {
    (x: left + point.x / xEnd * width, y: top + height - point.y / yEnd * height)
  }

  private func draw(_ curve: Curve) -> String {
    let points = curve.points.map(place).map { "\(SVG.number($0.x)),\(SVG.number($0.y))" }
    return "<polyline points=\"\(points.joined(separator: " "))\" stroke=\"\(curve.color)\" "
      + "stroke-width=\"\(curve.width)\" stroke-opacity=\"\(curve.opacity)\"/>"
  }

  /// Dots at the points of a curve, if they are few enough to be told apart.
  private func drawDots(_ curve: Curve) -> String {
    guard curve.points.count <= 100 else { return "" }
    return curve.points.map(place).map {
      "<circle cx=\"\(SVG.number($0.x))\" cy=\"\(SVG.number($0.y))\" r=\"2.5\" fill=\"\(curve.color)\"/>"
    }.joined(separator: "\n")
  }
}
