import Files
import Foundation
import SegmentationImage
import SegmentationModels

/// A page about one or more runs that needs no other file: scores, curves, tables by class, confusion matrices,
/// pictures, configurations, and the differences between them.
public struct RunReport: Sendable {
  private let runs: [ReportRun]
  private let made: Date

  /// Prepares a page.
  /// - Parameters:
  ///   - runs: The runs, in the order in which they are shown. Differences are counted from the first one.
  ///   - evaluations: The evaluations of some of the runs, by the runs' places from 0.
  ///   - made: The date that the page shows.
  public init(_ runs: [RunRecord], evaluations: [Int: RunEvaluation] = [:], made: Date = Date()) {
    let names = runs.map(\.name)
    self.runs = runs.enumerated().map { index, run in
      let isUnique = names.count { $0 == run.name } == 1
      return ReportRun(
        index: index, name: isUnique ? run.name : "\(run.folder.url.relativePath)", record: run,
        evaluation: evaluations[index])
    }
    self.made = made
  }

  /// The page as the text of an HTML file.
  public func html() -> String {
    let title = runs.count == 1 ? "Training run \(runs[0].name)" : "\(runs.count) training runs"
    let sections: [(id: String, title: String, content: HTML)] = [
      ("summary", "Summary", SummarySection(runs: runs).html()),
      ("curves", "Curves", CurveSection(runs: runs).html()),
      ("classes", "Scores by class", ClassSection(runs: runs).html()),
      ("confusion", "Confusion", ConfusionSection(runs: runs).html()),
      ("images", "Best and worst images", ImageSection(runs: runs).html()),
      ("differences", "Differences", runs.count > 1 ? DifferenceSection(runs: runs).html() : ""),
      ("configuration", "Configuration", ConfigurationSection(runs: runs).html()),
    ]
    let shown = sections.filter { $0.content != "" }
    let links = shown.map { section -> HTML in "<li><a href=\"#\(section.id)\">\(section.title)</a></li>" }
    let bodies = shown.map { section -> HTML in
      """
      <section id="\(section.id)" aria-labelledby="\(section.id)-title">
      <h2 id="\(section.id)-title">\(section.title)</h2>
      \(section.content)
      </section>

      """
    }
    let page: HTML = """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8"/>
      <meta name="viewport" content="width=device-width, initial-scale=1"/>
      <meta name="color-scheme" content="light dark"/>
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; \
      script-src 'unsafe-inline'"/>
      <title>\(title)</title>
      <style>\(ReportPage.style)</style>
      </head>
      <body>
      <a class="skip" href="#summary">Skip to the summary</a>
      <header>
      <h1>\(title)</h1>
      <p>Made by rtseg \(rtsegVersion) on \(Self.date(made)).</p>
      <nav aria-label="Sections"><ul>\(links)</ul></nav>
      </header>
      <main>
      \(bodies)
      </main>
      <script>\(ReportPage.script)</script>
      </body>
      </html>

      """
    return page.source
  }

  /// Writes the page. The file is complete or does not exist.
  /// - Throws: `FileError` if the file cannot be written.
  public func write(to url: URL) throws {
    try AtomicFile.write(Data(html().utf8), to: url)
  }

  /// Makes sure that the page would not replace a file of a run.
  /// - Throws: `OutputConflict` if it would, `TrainingError` if the folder for the page does not exist.
  public static func checkOutput(_ path: String, runs: [RunRecord]) throws {
    var plan = OutputPlan()
    for file in runs.flatMap({ $0.folder.files + [$0.folder.lock] }) { plan.add(input: file.path) }
    plan.add(output: path, of: "--output")
    try plan.check()
    let folder = FileSystem.folder(of: path)
    guard FileSystem.isFolder(folder) else { throw TrainingError("\(path): the folder \(folder) does not exist") }
  }

  static func date(_ date: Date) -> String {
    date.formatted(
      .iso8601.year().month().day().dateSeparator(.dash).dateTimeSeparator(.space).time(
        includingFractionalSeconds: false)) + " UTC"
  }
}
