import Foundation
import SegmentationImage

/// Draws a confusion matrix as an SVG picture that needs no other file: a row for each label, a column for each
/// prediction. A row shows shares of the label's pixels, so it adds up to 100 %.
public struct ConfusionPlot: Sendable {
  private let counts: [Int64]
  private let classNames: [String]
  private let title: String

  /// Prepares a picture.
  /// - Parameters:
  ///   - counts: The number of pixels by label and prediction, row after row.
  ///   - classNames: The name of each class.
  ///   - title: The picture's title.
  public init(counts: [Int64], classNames: [String], title: String) {
    precondition(counts.count == classNames.count * classNames.count, "a matrix has a row for each class")
    self.counts = counts
    self.classNames = classNames
    self.title = title
  }

  /// The picture as the text of an SVG file.
  public func svg() -> String {
    let classes = classNames.count
    // Only small matrices have room for numbers.
    let cell = classes <= 40 ? 34.0 : 14.0
    let names = classNames.map(Self.shortened)
    // SVG has no way to measure text; a letter takes about 6.6 units.
    let margin = 40 + 6.6 * Double(names.map(\.count).max() ?? 0)
    let (left, top) = (margin + 20, margin + 60)
    let side = cell * Double(classes)
    var parts = [
      SVG.text("prediction", x: left + side / 2, y: 58, anchor: "middle", weight: "bold"),
      SVG.text("label", x: 20, y: top - 10, weight: "bold"),
    ]
    for (index, name) in names.enumerated() {
      let middle = (Double(index) + 0.5) * cell
      parts.append(SVG.text(name, x: left - 8, y: top + middle + 4, anchor: "end"))
      parts.append(
        "<g transform=\"translate(\(SVG.number(left + middle + 4)) \(SVG.number(top - 8))) rotate(-90)\">"
          + SVG.text(name, x: 0, y: 0) + "</g>")
      parts += row(index, left: left, top: top + Double(index) * cell, cell: cell)
    }
    let end = left + side
    return SVG.picture(
      width: Int((end + 24).rounded(.up)), height: Int((top + side + 24).rounded(.up)), title: title, parts)
  }

  private func row(_ label: Int, left: Double, top: Double, cell: Double) -> [String] {
    let classes = classNames.count
    let row = counts[label * classes..<(label + 1) * classes]
    let total = row.reduce(0, +)
    return row.enumerated().flatMap { column, count -> [String] in
      let share = total > 0 ? Double(count) / Double(total) : 0
      let x = left + Double(column) * cell
      let area =
        "x=\"\(SVG.number(x))\" y=\"\(SVG.number(top))\" width=\"\(SVG.number(cell))\" height=\"\(SVG.number(cell))\""
      var parts = [
        "<rect \(area) fill=\"\(total > 0 ? Self.color(share, isRight: column == label) : "#eceef1")\" stroke=\"#ffffff\"/>"
      ]
      if cell >= 30, total > 0, share >= 0.0005 {
        parts.append(
          SVG.text(
            String(format: share >= 0.0995 ? "%.0f" : "%.1f", share * 100), x: x + cell / 2, y: top + cell / 2 + 4,
            anchor: "middle", color: share > 0.55 ? "#ffffff" : "#1f2430"))
      }
      return parts
    }
  }

  /// The colour of a cell: white for 0, green for pixels found, red for pixels taken for another class.
  private static func color(_ share: Double, isRight: Bool) -> String {
    let full: (Double, Double, Double) = isRight ? (42, 138, 91) : (192, 57, 43)
    // The square root makes small shares of mistakes visible.
    let strength = isRight ? share : share.squareRoot()
    func mixed(_ channel: Double) -> Int { Int((255 + (channel - 255) * min(1, strength)).rounded()) }
    return String(format: "#%02x%02x%02x", mixed(full.0), mixed(full.1), mixed(full.2))
  }

  private static func shortened(_ name: String) -> String { name.count <= 24 ? name : name.prefix(23) + "…" }
}
