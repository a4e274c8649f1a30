import Basics
import Files
import Foundation

/// The runs in a folder and the folders below it.
public struct RunListing: Sendable {
  public enum Order: String, Sendable, CaseIterable {
    /// The best score first.
    case score
    /// The run that changed last first.
    case age
    case name
  }

  public let runs: [RunSummary]

  /// Looks for runs. A damaged one is listed with what is wrong with it.
  /// - Throws: `TrainingError` if there is no such folder, `FileError` if it cannot be listed.
  public init(below url: URL, order: Order = .name) throws {
    guard FileSystem.isFolder(url.path) else {
      let found = FileSystem.exists(url.path) ? "expected a folder, found a file" : "there is no such folder"
      throw TrainingError("\(url.relativePath): \(found); name a folder with runs in it")
    }
    var search = Search()
    _ = try search.add(url, name: "")
    runs = Self.sorted(search.runs, by: order)
  }

  private struct Search {
    var runs: [RunSummary] = []
    private var seen: Set<FileIdentity> = []

    /// Adds the runs in a folder and below it.
    /// - Returns: How many bytes the files of the folder have, without those of runs below it.
    mutating func add(_ folder: URL, name: String) throws -> Int {
      // A link may lead to a folder above.
      if let identity = FileSystem.identity(of: folder.path), !seen.insert(identity).inserted { return 0 }
      var bytes = 0
      for entry in try FileSystem.names(in: folder.path) {
        let path = folder.appending(path: entry)
        switch FileSystem.kind(of: path.path) {
        case .file?: bytes += (try? FileSystem.size(of: path.path)) ?? 0
        // A folder that may not be listed holds nothing that could be told.
        case .folder? where !entry.hasPrefix("."):
          bytes += (try? add(path, name: name.isEmpty ? entry : "\(name)/\(entry)")) ?? 0
        default: break
        }
      }
      guard RunRecord.isRun(.unopened(folder)) else { return bytes }
      let record = try RunRecord(folder, name: name.isEmpty ? nil : name)
      runs.append(RunSummary(record, bytes: bytes))
      return 0
    }
  }

  private static func sorted(_ runs: [RunSummary], by order: Order) -> [RunSummary] {
    let byName = runs.sorted { $0.name.compare($1.name, options: .numeric) == .orderedAscending }
    let places = byName.indices.sorted { a, b in
      let (first, second) = (byName[a], byName[b])
      switch order {
      case .name: return a < b
      case .age:
        let (x, y) = (first.changed ?? .distantPast, second.changed ?? .distantPast)
        return x == y ? a < b : x > y
      case .score: return isBetter(first, second) ?? (a < b)
      }
    }
    return places.map { byName[$0] }
  }

  /// Whether a run comes before another one by its score; nil if both are alike. Runs without a score come last.
  private static func isBetter(_ a: RunSummary, _ b: RunSummary) -> Bool? {
    guard let x = a.bestScore, let y = b.bestScore else {
      return a.bestScore == nil && b.bestScore == nil ? nil : a.bestScore != nil
    }
    // Values of different scores cannot be compared.
    if a.score != b.score { return a.score < b.score }
    return x == y ? nil : MetricSet.score(a.score)?.isBetter(x, than: y) ?? (x > y)
  }

  /// All that is known of the runs, as JSON.
  public func json() throws -> Data { try JSONEncoder.snakeCase(indented: true).encode(runs) }

  /// A table of plain text, a line for each run.
  /// - Parameter now: The time from which ages are counted.
  public func text(now: Date = Date()) -> String {
    var rows = [["run", "state", "network", "data", "epochs", "best score", "age", "size", ""]]
    for run in runs {
      let score = MetricSet.score(run.score)?.title ?? run.score
      rows.append([
        run.name.printable(limit: 80), run.state.rawValue, (run.network ?? "-").printable(limit: 60),
        (run.dataset ?? "-").printable(limit: 60), "\(run.epoch)/\(run.epochs.map { "\($0)" } ?? "?")",
        run.bestScore.map { "\(score) \(Quantity.percent($0))" } ?? "-",
        run.changed.map { Quantity.duration(now.timeIntervalSince($0)) } ?? "-", Quantity.bytes(run.bytes),
        (run.problems.map { "damaged: \($0)" } + [run.reason].compactMap { $0 }).joined(separator: "; "),
      ])
    }
    return TextTable.text(rows, rows[0].map { _ in .left }) + "\n"
  }
}
