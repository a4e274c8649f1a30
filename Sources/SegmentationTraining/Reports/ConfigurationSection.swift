import Foundation
import SegmentationImage

/// The section with each run's circumstances and options; options that differ from the default stand out.
struct ConfigurationSection {
  let runs: [ReportRun]

  func html() -> HTML {
    let parts = runs.map { run -> HTML in
      let facts = Self.facts(run.record).map { name, value -> (name: HTML, cells: [HTML]) in
        (name: "\(name)", cells: [ReportTable.cell(value)])
      }
      let origin = ReportTable(
        caption: "How \(run.name) came about", columns: ["Fact", "Value"], rows: facts, style: "text")
      return """
        <h3>\(run.swatch) \(run.name)</h3>
        \(facts.isEmpty ? "" : origin.html())
        \(Self.options(run))

        """
    }
    return "\(parts)"
  }

  private static func options(_ run: ReportRun) -> HTML {
    guard let options = run.record.options else { return "<p>The configuration cannot be read.</p>" }
    let defaults = Dictionary(OptionTree(TrainingOptions()).values().map { ($0.key, $0.text) }) { first, _ in first }
    let values = OptionTree(options).values()
    let changed = values.filter { defaults[$0.key] ?? "null" != $0.text }
    func table(_ caption: String, _ entries: [(key: String, text: String)], marks: Bool) -> HTML {
      let rows = entries.map { key, text -> (name: HTML, cells: [HTML]) in
        let standard = defaults[key] ?? "null"
        let isChanged = standard != text
        return (
          name: marks && isChanged ? "<mark>\(ReportTable.key(key))</mark>" : ReportTable.key(key),
          cells: [ReportTable.cell(text), ReportTable.cell(isChanged ? standard : "")]
        )
      }
      let columns: [HTML] = ["Option", "Value", "Default, if it is another"]
      return ReportTable(caption: caption, columns: columns, rows: rows, style: "text").html()
    }
    return """
      \(table("Options of \(run.name) that are not the default", changed, marks: false))
      <details><summary>All \(values.count) options of \(run.name)</summary>
      \(table("All options of \(run.name)", values, marks: true))
      </details>
      """
  }

  /// The content of a run's manifest as names and values.
  static func facts(_ record: RunRecord) -> [(name: String, value: String)] {
    guard let manifest = record.manifest else { return [] }
    return [
      ("Folder", record.folder.url.path),
      ("Command", manifest.commandLine.map(quoted).joined(separator: " ")),
      ("Started", RunReport.date(manifest.startTime)),
      ("Program", "rtseg \(manifest.programVersion), libtorch \(manifest.libtorchVersion)"),
      ("Processor", "\(manifest.processor), \(manifest.threads) thread\(manifest.threads == 1 ? "" : "s")"),
      ("Seed", "\(manifest.seed)"),
      ("Hash of the data", manifest.dataHash ?? "not computed"),
      ("Hash of the options", manifest.optionsHash),
    ]
  }

  /// An argument, quoted as a shell needs it.
  private static func quoted(_ argument: String) -> String {
    let isPlain = argument.allSatisfy { $0.isLetter || $0.isNumber || "-_./=:,@%+".contains($0) }
    return isPlain && !argument.isEmpty ? argument : "'\(argument.replacingOccurrences(of: "'", with: "'\\''"))'"
  }
}
