import Foundation
import SegmentationImage

/// The section that shows, for the pixels of each class, the classes that the best checkpoints predicted.
struct ConfusionSection {
  let runs: [ReportRun]

  /// The most classes that a table has room for; a larger matrix is drawn as a picture.
  private static let widest = 60

  func html() -> HTML {
    let parts = runs.map { run -> HTML in
      let title: HTML = runs.count > 1 ? "<h3>\(run.swatch) \(run.name)</h3>\n" : ""
      guard let report = run.confusion else {
        return
          "<div>\(title)<p>The run's folder has no confusion matrix. Add --evaluate to make one from best.pth.</p></div>\n"
      }
      let origin =
        run.evaluation.map { "Counted for this report on \($0.images) images of \($0.dataset)." }
        ?? run.record.confusion.map { "Counted in the validation after epoch \($0.epoch)." } ?? ""
      let heading: HTML = runs.count > 1 ? "h4" : "h3"
      return """
        <div>
        \(title)\(Self.table(report, of: run))
        \(Self.mistakes(report, heading: heading))<p class="hint">\(origin)</p>
        </div>

        """
    }
    return "<div class=\"confusions\">\n\(parts)</div>"
  }

  private static func table(_ report: ConfusionReport, of run: ReportRun) -> HTML {
    let names = report.classNames
    let caption = "Confusion of \(run.name): rows are labels, columns predictions, in percent of the row's pixels"
    guard names.count <= widest else {
      let plot = ConfusionPlot(counts: report.counts, classNames: names, title: run.name)
      return """
        <div class="scroll" role="region" aria-label="\(caption)" tabindex="0">
        <img class="plot" alt="\(caption)" src="\(type: "image/svg+xml", Data(plot.svg().utf8))"/>
        </div>
        """
    }
    let rows = names.indices.map { row -> (name: HTML, cells: [HTML]) in
      let total = Double(report.labelledPixels[row])
      let cells = names.indices.map { column -> HTML in
        let count = report.counts[row * names.count + column]
        guard total > 0, Double(count) / total >= 0.0005 else { return "<td></td>" }
        let share = Double(count) / total
        let text = share >= 0.0995 ? String(format: "%.0f", share * 100) : String(format: "%.1f", share * 100)
        // The square root makes small shares of mistakes visible.
        let strength = row == column ? share : share.squareRoot()
        return "<td class=\"\(row == column ? "right" : "wrong")\" style=\"--share: \(share: strength)\">\(text)</td>"
      }
      return (name: "\(names[row])", cells: cells)
    }
    let columns = ["label"] + names
    return ReportTable(
      caption: caption, columns: columns.map { name -> HTML in "<span>\(name)</span>" }, rows: rows, style: "confusion"
    ).html()
  }

  /// The mistakes with the largest numbers of pixels.
  private static func mistakes(_ report: ConfusionReport, heading: HTML) -> HTML {
    let names = report.classNames
    let places = report.counts.indices.filter { $0 / names.count != $0 % names.count && report.counts[$0] > 0 }
    let worst = places.sorted { (report.counts[$0], $1) > (report.counts[$1], $0) }.prefix(6)
    guard !worst.isEmpty else { return "" }
    let lines = worst.map { place -> HTML in
      let (label, found) = (place / names.count, place % names.count)
      let share = Double(report.counts[place]) / Double(max(1, report.labelledPixels[label]))
      return "<li>\(names[label]) taken for \(names[found]): \(Quantity.percent(share)) of its pixels</li>\n"
    }
    return "<\(heading)>The mistakes that cost most pixels</\(heading)>\n<ol class=\"mistakes\">\n\(lines)</ol>\n"
  }
}
