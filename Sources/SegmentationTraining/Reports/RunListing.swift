import Basics
import Files
import Foundation
import SegmentationData
import SegmentationModels
import Synchronization

/// The runs in a folder and the folders below it.
public struct RunListing: Sendable {
  /// The orders in which runs can be listed.
  public enum Order: String, Sendable, CaseIterable {
    /// By the best score, the best one first. Runs without a score come last.
    case score
    /// By the time of the last change, the latest one first.
    case age
    /// By name.
    case name
  }

  /// The runs, in the order that was asked for.
  public let runs: [RunSummary]

  /// Looks for runs in a folder and below it. A damaged run is listed with its problems.
  /// - Throws: `TrainingError` if there is no such folder, `FileError` if it cannot be listed.
  public init(below url: URL, order: Order = .name) throws {
    guard FileSystem.isFolder(url.path) else {
      let found = FileSystem.exists(url.path) ? "expected a folder, found a file" : "there is no such folder"
      throw TrainingError("\(url.relativePath): \(found); name a folder with runs in it")
    }
    var search = Search()
    _ = try search.add(url, name: "")
    runs = Self.sorted(try Self.summaries(search.found), by: order)
  }

  /// Reads the runs' files on all cores.
  private static func summaries(_ found: [Search.Found]) throws -> [RunSummary] {
    let loader = ConfigurationLoader(defaults: TrainingOptions())
    let summaries = Mutex([RunSummary?](repeating: nil, count: found.count))
    try Parallel.forEach(found.count) { index, _ in
      let run = found[index]
      // A run may be removed meanwhile.
      guard let record = try? RunRecord(run.folder, name: run.name, loader: loader, withSteps: false) else { return }
      let summary = RunSummary(record, bytes: run.bytes)
      summaries.withLock { $0[index] = summary }
    }
    return summaries.withLock { $0.compactMap { $0 } }
  }

  private struct Search {
    /// The folder of a run.
    struct Found {
      let folder: URL
      /// Nil for the folder that is searched.
      let name: String?
      let bytes: Int
    }

    var found: [Found] = []
    private var seen: Set<FileIdentity> = []

    /// Adds the runs in a folder and below it.
    /// - Returns: The number of bytes of the folder's files, without those of runs below it.
    mutating func add(_ folder: URL, name: String) throws -> Int {
      // A link may lead back to a folder above.
      if let identity = FileSystem.identity(of: folder.path), !seen.insert(identity).inserted { return 0 }
      var bytes = 0
      for entry in try FileSystem.names(in: folder.path) {
        let path = folder.appending(path: entry)
        switch FileSystem.kind(of: path.path) {
        case .file?: bytes += (try? FileSystem.size(of: path.path)) ?? 0
        // A folder that may not be listed is passed over.
        case .folder? where !entry.hasPrefix("."):
          bytes += (try? add(path, name: name.isEmpty ? entry : "\(name)/\(entry)")) ?? 0
        default: break
        }
      }
      guard RunRecord.isRun(.unopened(folder)) else { return bytes }
      found.append(Found(folder: folder, name: name.isEmpty ? nil : name, bytes: bytes))
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

  /// Whether a run comes before another by its score; `nil` if both are equal. A run without a score comes last.
  private static func isBetter(_ a: RunSummary, _ b: RunSummary) -> Bool? {
    guard let x = a.bestScore, let y = b.bestScore else {
      return a.bestScore == nil && b.bestScore == nil ? nil : a.bestScore != nil
    }
    // The values of different scores cannot be compared.
    if a.score != b.score { return a.score < b.score }
    return x == y ? nil : MetricSet.score(a.score)?.isBetter(x, than: y) ?? (x > y)
  }

  /// The run with the best mIoU of each network of the catalogue, by the network's name.
  /// - Throws: `TrainingError` if no run has an mIoU, or if the runs are of several data sets, whose scores cannot be
  ///   compared.
  public func bestRuns() throws -> [String: RunSummary] {
    var best: [String: RunSummary] = [:]
    let scored = runs.filter { $0.score == "mean_iou" && $0.bestScore != nil }
    for run in scored {
      guard let network = run.network, (try? Architecture(name: network)) != nil else { continue }
      if let present = best[network], present.bestScore! >= run.bestScore! { continue }
      best[network] = run
    }
    guard !best.isEmpty else {
      throw TrainingError(
        "none of the \(runs.count) runs has an mIoU of a network of the catalogue; name a folder with others")
    }
    let datasets = Set(best.values.map { $0.dataset ?? "-" }).sorted()
    guard datasets.count == 1 else {
      let names = datasets.prefix(5).map { $0.printable(limit: 60) }.joined(separator: ", ")
      throw TrainingError(
        "the runs are of \(datasets.count) data sets (\(names)), expected one; name a folder with runs of one alone")
    }
    return best
  }

  /// All that is known about the runs, as the text of a JSON file.
  public func json() throws -> Data { try JSONEncoder.snakeCase(indented: true).encode(runs) }

  /// A table of plain text with a line per run.
  /// - Parameter now: The time to which ages are counted.
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
