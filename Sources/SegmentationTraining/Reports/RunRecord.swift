import Files
import Foundation
import SegmentationData
import SegmentationModels

/// The content of a run's folder, read and checked. A file that cannot be used is left out, and `problems` says why.
public struct RunRecord: Sendable {
  /// The run's folder.
  public let folder: RunFolder
  /// The run's name in tables.
  public var name: String
  /// The state of the run.
  public let state: RunState
  /// The circumstances of the run; `nil` if the file is missing or damaged.
  public private(set) var manifest: RunManifest?
  /// The run's options; `nil` if the file is missing or damaged.
  public private(set) var options: TrainingOptions?
  /// The measurements of whole epochs and of validations, in the order in which they were made.
  public private(set) var rows: [MetricsRow] = []
  /// The measurements of single steps.
  public private(set) var stepRows: [MetricsRow] = []
  /// The confusion matrix of the best validation; `nil` if the file is missing or damaged.
  public private(set) var confusion: BestConfusion?
  /// The problems of the folder's files, one line for each.
  public private(set) var problems: [String] = []

  /// Reads a run's folder.
  /// - Parameter name: The run's name in tables; the folder's name unless given.
  /// - Throws: `TrainingError` if there is no such folder or no run in it.
  public init(_ url: URL, name: String? = nil) throws(TrainingError) {
    try self.init(url, name: name, loader: ConfigurationLoader(defaults: TrainingOptions()), withSteps: true)
  }

  /// - Parameter withSteps: False leaves out the measurements of single steps.
  init(
    _ url: URL, name: String?, loader: ConfigurationLoader<TrainingOptions>, withSteps: Bool
  ) throws(TrainingError) {
    let folder = RunFolder.unopened(url)
    guard let kind = FileSystem.kind(of: url.path) else {
      throw TrainingError("\(url.relativePath): there is no such folder; name the folder of a run")
    }
    guard kind == .folder else {
      throw TrainingError(
        "\(url.relativePath): expected the folder of a run, found a file; name the folder that it is in")
    }
    guard Self.isRun(folder) else {
      throw TrainingError(
        "\(url.relativePath): there is no run in this folder (no metrics.jsonl, no checkpoint); "
          + "rtseg runs \(url.relativePath) lists those in the folders below it")
    }
    self.folder = folder
    self.name = name ?? url.standardizedFileURL.lastPathComponent
    // This comes before the files are read, so that a run that ends meanwhile is called running, not interrupted.
    let isRunning = FileLock.isHeld(folder.lock.path)
    var problems: [String] = []
    func read<Value>(_ file: URL, _ body: () throws -> Value) -> Value? {
      guard FileSystem.exists(file.path) else { return nil }
      do { return try body() } catch {
        problems.append("\(error)".printable(limit: 400))
        return nil
      }
    }
    let manifest = read(folder.manifest) { try Self.manifest(folder.manifest) }
    let options = read(folder.configuration) {
      try loader.load(file: folder.configuration)
    }
    let rows = read(folder.metrics) { try Self.rows(folder.metrics, withSteps: withSteps) } ?? []
    confusion = read(folder.confusion) { try BestConfusion(contentsOf: folder.confusion) }
    for file in [folder.manifest, folder.configuration] where !FileSystem.exists(file.path) {
      problems.append("\(file.relativePath): the file is missing".printable(limit: 400))
    }
    self.manifest = manifest
    self.options = options
    self.rows = rows.filter { !$0.isStep }
    stepRows = rows.filter(\.isStep)
    self.problems = problems
    state = isRunning ? .running : Self.state(folder, manifest, options, self.rows)
  }

  /// Whether a folder holds files that only runs have.
  static func isRun(_ folder: RunFolder) -> Bool {
    func exists(_ file: URL) -> Bool { FileSystem.exists(file.path) }
    return exists(folder.metrics) || exists(folder.lastCheckpoint) || exists(folder.bestCheckpoint)
      || (exists(folder.manifest) && exists(folder.configuration))
  }

  private static func manifest(_ file: URL) throws -> RunManifest {
    let bytes = try InputFile.contents(of: file.path, limit: 1 << 28)
    guard let manifest = try? RunManifest(json: Data(bytes)) else {
      throw FileError("read", file.relativePath, reason: "it is not the manifest that rtseg train writes")
    }
    return manifest
  }

  private static func rows(_ file: URL, withSteps: Bool) throws -> [MetricsRow] {
    // `InputFile` refuses a pipe, which would never end.
    _ = try InputFile(file)
    return try MetricsLog(file).rows(withSteps: withSteps)
  }

  private static func state(
    _ folder: RunFolder, _ manifest: RunManifest?, _ options: TrainingOptions?, _ rows: [MetricsRow]
  ) -> RunState {
    switch manifest?.ended?.outcome {
    case .finished?: return .finished
    case .stopped?: return .stopped
    case .interrupted?: return .interrupted
    case .failed?: return .failed
    case nil: break
    }
    // Runs of earlier versions, and processes that were killed, leave no word on how they ended.
    if let options, rows.contains(where: { $0.loss != nil && $0.epoch >= options.epochs }),
      !options.validation.enabled || rows.contains(where: { !$0.scores.isEmpty && $0.epoch >= options.epochs })
    {
      return .finished
    }
    return FileSystem.exists(folder.lastCheckpoint.path) ? .interrupted : .incomplete
  }

  // MARK: What the files say

  /// The score by which the best validation is chosen.
  public var monitor: ScoreKind { options?.validation.monitoredScore ?? ConfusionMatrix.scores[0] }

  /// The best validation, whose weights are in `best.pth`; `nil` if there is none yet.
  public var best: MetricsRow? {
    let monitor = monitor
    var best: MetricsRow?
    for row in rows {
      guard let score = row.scores[monitor.name], score.isFinite else { continue }
      if let present = best?.scores[monitor.name], !monitor.isBetter(score, than: present) { continue }
      best = row
    }
    return best
  }

  /// The number of complete epochs.
  public var epochsDone: Int { rows.filter { $0.loss != nil }.map(\.epoch).max() ?? 0 }

  /// The network's name; `nil` if the options cannot be read.
  public var network: String? {
    options.flatMap { $0.model.custom ? $0.model.name : try? $0.model.architecture().name }
  }

  /// The data set's name, or the last two parts of its card's path.
  public var dataset: String? {
    options.map { $0.data.dataset.split(separator: "/").suffix(2).joined(separator: "/") }
  }

  /// The names of the classes, in the data set's order if the folder says it.
  public var classNames: [String] {
    let best = best
    return confusion?.classNames ?? best?.classPixels?.keys.sorted() ?? best?.classIoU?.keys.sorted() ?? []
  }

  /// The time at which a file of the run was last changed.
  public var changed: Date? {
    folder.files.compactMap {
      try? $0.resourceValues(forKeys: [.contentModificationDateKey]).contentModificationDate
    }.max()
  }

  /// The seconds of training, as the run counted them or from its start to its last measurement; `nil` if unknown.
  public var seconds: Double? {
    guard let manifest else { return nil }
    if manifest.ended != nil, let seconds = manifest.seconds, seconds.isFinite { return seconds }
    let last = try? folder.metrics.resourceValues(forKeys: [.contentModificationDateKey]).contentModificationDate
    return last.map { max(0, $0.timeIntervalSince(manifest.startTime)) }
  }
}
