import Foundation
import SegmentationImage

/// The section with the runs' results in a table, and notes on what matters for comparing them.
struct SummarySection {
  let runs: [ReportRun]

  func html() -> HTML {
    let headers = ["Run", "State", "Best score", "Epochs", "Network", "Parameters", "Data", "Duration", "Started"]
    let rows = runs.map { run -> HTML in
      let cells = zip(headers.dropFirst(), values(of: run)).map { header, value -> HTML in
        "<td role=\"cell\" data-label=\"\(header)\">\(value)</td>"
      }
      return """
        <tr role="row"><th role="rowheader" scope="row">\(run.swatch) \(run.name)</th>\(cells)</tr>

        """
    }
    let head = headers.map { header -> HTML in "<th role=\"columnheader\" scope=\"col\">\(header)</th>" }
    return """
      <div class="scroll" role="region" aria-label="Results of the runs" tabindex="0">
      <table class="cards" role="table">
      <caption><span>Results of the runs</span></caption>
      <thead role="rowgroup"><tr role="row">\(head)</tr></thead>
      <tbody role="rowgroup">
      \(rows)</tbody>
      </table>
      </div>
      \(notes())
      """
  }

  private func values(of run: ReportRun) -> [String] {
    let record = run.record
    let place = record.best.map { " after epoch \($0.epoch)" } ?? ""
    let epochs = record.options.map { "\($0.epochs)" } ?? "?"
    return [
      record.state.rawValue,
      run.bestScore.map { $0 + place } ?? "none",
      "\(record.epochsDone) of \(epochs)",
      record.network ?? "unknown",
      run.parameters.map(Quantity.count) ?? "unknown",
      data(record),
      record.seconds.map(Quantity.duration) ?? "unknown",
      record.manifest.map { RunReport.date($0.startTime) } ?? "unknown",
    ]
  }

  private func data(_ record: RunRecord) -> String {
    let classes = record.classNames.count
    return (record.dataset ?? "unknown") + (classes > 0 ? ", \(classes) classes" : "")
  }

  private func notes() -> HTML {
    let lines = runs.flatMap { run in Self.notes(of: run).map { (run.name, $0) } }
    let all = lines.map { name, line -> HTML in "<li><strong>\(name)</strong>: \(line)</li>\n" } + common()
    guard !all.isEmpty else { return "" }
    return "<ul class=\"notes\" aria-label=\"Notes\">\n\(all)</ul>"
  }

  private static func notes(of run: ReportRun) -> [String] {
    let record = run.record
    var notes = record.problems
    if record.state == .running { notes.append("The run is going on; these are its measurements so far.") }
    if let reason = record.manifest?.ended?.reason, record.state != .running {
      notes.append("It ended before its last epoch: \(reason)")
    }
    if record.options?.validation.enabled == false {
      notes.append("The run does not validate, so that there are no scores.")
    } else if record.best == nil {
      notes.append("There is no validation yet, so that there are no scores.")
    }
    if let skipped = record.manifest?.leftOut, !skipped.isEmpty {
      notes.append("\(skipped.count) files could not be read and were left out; its manifest.json lists them.")
    }
    return notes
  }

  /// The reasons why the runs cannot be compared directly.
  private func common() -> [HTML] {
    var notes: [String] = []
    let classes = Set(runs.map { Set($0.record.classNames) }.filter { !$0.isEmpty })
    if classes.count > 1 {
      notes.append("The runs have different classes. The table of classes compares those of the same name.")
    }
    let data = Set(runs.compactMap { $0.record.manifest?.dataHash })
    if data.count > 1 {
      notes.append("The runs were trained or scored on different files (the hashes of the data differ).")
    }
    let monitors = Set(runs.map(\.record.monitor.name))
    if monitors.count > 1 { notes.append("The best checkpoints were chosen by different scores (validation.monitor).") }
    return notes.map { note -> HTML in "<li>\(note)</li>\n" }
  }
}
