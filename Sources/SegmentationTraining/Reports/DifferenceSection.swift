import SegmentationImage

/// The section with the options and circumstances whose values differ between the runs.
struct DifferenceSection {
  let runs: [ReportRun]

  /// These differ between any two runs, so they say nothing.
  private static let ignored: Set = ["output", "Folder", "Started", "Command", "Hash of the options"]

  func html() -> HTML {
    let values = runs.map { run in
      (run.record.options.map { OptionTree($0).values() } ?? [])
        + ConfigurationSection.facts(run.record).map { (key: $0.name, text: $0.value) }
    }
    let maps = values.map { Dictionary($0.map { ($0.key, $0.text) }) { first, _ in first } }
    var seen = Self.ignored
    let keys = values.joined().map(\.key).filter { seen.insert($0).inserted }
    let different = keys.filter { key in Set(maps.map { $0[key] }).count > 1 }
    guard !different.isEmpty else { return "<p>All options of the runs have the same values.</p>" }
    let rows = different.map { key -> (name: HTML, cells: [HTML]) in
      (name: ReportTable.key(key), cells: maps.map { ReportTable.cell($0[key] ?? "-") })
    }
    return ReportTable(
      caption: "Options and circumstances whose values differ",
      columns: ["Option"] + runs.map { run -> HTML in "\(run.swatch) \(run.name)" }, rows: rows, style: "text"
    ).html()
  }
}
