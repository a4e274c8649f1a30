import Files
import Foundation

/// The folder that a training run writes.
public struct RunFolder: Sendable, Equatable {
  /// Whether a run begins or goes on.
  public enum Mode: Sendable {
    case new, resumed
  }

  public let url: URL

  /// The effective options, a valid configuration file.
  public var configuration: URL { url.appending(path: "config.yaml") }
  /// The newest checkpoint.
  public var lastCheckpoint: URL { url.appending(path: "last.pth") }
  /// The checkpoint with the best score.
  public var bestCheckpoint: URL { url.appending(path: "best.pth") }
  /// Losses and scores, a JSON object a line.
  public var metrics: URL { url.appending(path: "metrics.jsonl") }
  /// What the run printed.
  public var log: URL { url.appending(path: "log.txt") }
  /// How the run came about.
  public var manifest: URL { url.appending(path: "manifest.json") }
  /// Loss and mIoU over the steps.
  public var curves: URL { url.appending(path: "curves.svg") }

  /// Which run of an MLflow server the run is.
  public var mlflow: URL { url.appending(path: "mlflow.json") }
  /// The confusion matrix of the best checkpoint (`BestConfusion`).
  public var confusion: URL { url.appending(path: "confusion.json") }
  /// The file whose lock a process holds that trains in this folder.
  package var lock: URL { url.appending(path: ".lock") }

  /// All files that a run writes.
  package var files: [URL] {
    [configuration, lastCheckpoint, bestCheckpoint, confusion, metrics, log, manifest, curves, mlflow]
  }

  /// The folder at a place, whatever is there.
  package static func unopened(_ url: URL) -> RunFolder { RunFolder(url: url) }

  private init(url: URL) { self.url = url }

  /// Opens the folder for this process alone, until the lock is let go, and removes what killed processes left
  /// half-written in it. There is no lock on file systems that have none.
  static func take(_ url: URL, mode: Mode) throws(RunFolderError) -> (RunFolder, FileLock?) {
    // A folder in use is named as such, whatever it holds.
    if FileSystem.isFolder(url.path) {
      if mode == .resumed { _ = try RunFolder(url, mode: mode) }
    } else {
      _ = try RunFolder(url, mode: mode)
    }
    let lock = try Self.lock(url)
    let folder = try RunFolder(url, mode: mode)
    AtomicFile.removeAbandoned(in: url.path)
    return (folder, lock)
  }

  private static func lock(_ url: URL) throws(RunFolderError) -> FileLock? {
    do {
      guard let lock = try FileLock(RunFolder(url: url).lock.path) else {
        throw RunFolderError.inUse(folder: url.relativePath)
      }
      return lock
    } catch let error as FileError {
      if error.operation == "lock" { return nil }
      throw .cannotWrite(path: error.file, reason: error.reason)
    } catch {
      throw .inUse(folder: url.relativePath)
    }
  }

  /// Opens the folder; makes it if it does not exist.
  ///
  /// A new run refuses a folder with another's checkpoints or metrics, a resumed one a folder without `last.pth`.
  public init(_ url: URL, mode: Mode) throws(RunFolderError) {
    self.url = url
    if let kind = FileSystem.kind(of: url.path), kind != .folder { throw .notAFolder(path: url.relativePath) }
    switch mode {
    case .new:
      let files = [lastCheckpoint, bestCheckpoint, metrics].filter { FileSystem.exists($0.path) }
      guard files.isEmpty else {
        throw .holdsRun(folder: url.relativePath, files: files.map(\.lastPathComponent))
      }
      try Self.make(url)
    case .resumed:
      guard FileSystem.exists(lastCheckpoint.path) else {
        throw .nothingToResume(folder: url.relativePath)
      }
    }
  }

  private static func make(_ url: URL) throws(RunFolderError) {
    do {
      try FileSystem.makeFolder(url.path)
    } catch {
      throw .cannotWrite(path: url.relativePath, reason: error.reason)
    }
  }
}
