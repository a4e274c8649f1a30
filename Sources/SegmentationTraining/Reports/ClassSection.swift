import Foundation
import SegmentationImage

/// The section with the IoU of each class in the runs' best validations, side by side, and the differences from the
/// first run.
struct ClassSection {
  let runs: [ReportRun]

  func html() -> HTML {
    let scored = runs.filter { !$0.classIoU.isEmpty }
    guard let first = scored.first else { return "<p>No run has scores by class.</p>" }
    let others = scored.dropFirst()
    let pixels = first.record.best?.classPixels ?? [:]
    let total = pixels.values.reduce(0.0) { $0 + Double($1) }
    func share(_ name: String) -> String {
      guard total > 0, let count = pixels[name] else { return "-" }
      return Quantity.percent(Double(count) / total)
    }
    let rows = names(scored).map { name -> (name: HTML, cells: [HTML]) in
      let values = scored.map { Self.value($0.classIoU[name]) }
      let differences = others.map { Self.difference($0.classIoU[name], from: first.classIoU[name]) }
      return (name: "\(name)", cells: [ReportTable.cell(share(name))] + values + differences)
    }
    let means = scored.map { Self.value($0.record.best?.meanIoU) }
    // Means over different classes cannot be compared.
    let meanDifferences = others.map { run in
      let isComparable = Set(run.record.classNames) == Set(first.record.classNames)
      return Self.difference(isComparable ? run.record.best?.meanIoU : nil, from: first.record.best?.meanIoU)
    }
    let columns: [HTML] =
      ["Class", "Pixels"] + scored.map { run -> HTML in "\(run.swatch) \(run.name)" }
      + others.map { run -> HTML in "\(run.name) − \(first.name)" }
    let table = ReportTable(
      caption: "IoU by class in the best validation, in percent", columns: columns, rows: rows,
      footer: [(name: "Mean", cells: [ReportTable.cell("")] + means + meanDifferences)], style: "numbers")
    return """
      \(table.html())
      <p class="hint">Pixels: the share of the class in the labelled pixels that \(first.name) was scored on. A mean leaves \
      classes without labelled pixels out. Differences are in percentage points.</p>
      """
  }

  /// The classes in the order of the first run, followed by those that only later runs have.
  private func names(_ runs: [ReportRun]) -> [String] {
    var seen: Set<String> = []
    return runs.flatMap { $0.record.classNames + $0.classIoU.keys.sorted() }.filter { seen.insert($0).inserted }
  }

  private static func value(_ share: Double?) -> HTML {
    guard let share, share.isFinite else { return "<td class=\"none\">-</td>" }
    return
      "<td class=\"bar\" style=\"--share: \(share: min(max(share, 0), 1))\">\(String(format: "%.2f", share * 100))</td>"
  }

  private static func difference(_ share: Double?, from other: Double?) -> HTML {
    guard let share, let other, (share - other).isFinite else { return "<td class=\"none\">-</td>" }
    let points = ((share - other) * 10_000).rounded() / 100
    // A true minus sign is as wide as a plus sign.
    let text = (points > 0 ? "+" : points < 0 ? "−" : "±") + String(format: "%.2f", abs(points))
    return "<td class=\"\(points > 0 ? "better" : points < 0 ? "worse" : "same")\">\(text)</td>"
  }
}
