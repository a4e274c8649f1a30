import Files
import Foundation

/// The folder that a training run writes.
public struct RunFolder: Sendable, Equatable {
  /// The two ways to use a run's folder: a new run begins, or one that was stopped goes on.
  public enum Mode: Sendable {
    case new, resumed
  }

  /// The place of the folder.
  public let url: URL

  /// The options that the run uses, all of them, as a valid configuration file.
  public var configuration: URL { url.appending(path: "config.yaml") }
  /// The latest checkpoint.
  public var lastCheckpoint: URL { url.appending(path: "last.pth") }
  /// The checkpoint with the best score.
  public var bestCheckpoint: URL { url.appending(path: "best.pth") }
  /// The losses and scores, one JSON object per line (`MetricsLog`).
  public var metrics: URL { url.appending(path: "metrics.jsonl") }
  /// All messages of the run.
  public var log: URL { url.appending(path: "log.txt") }
  /// The circumstances of the run (`RunManifest`).
  public var manifest: URL { url.appending(path: "manifest.json") }
  /// A picture of loss and scores over the steps (`CurvePlot`).
  public var curves: URL { url.appending(path: "curves.svg") }

  /// The name of the run on an MLflow server, if it is recorded there.
  public var mlflow: URL { url.appending(path: "mlflow.json") }
  /// The confusion matrix that belongs to the best checkpoint (`BestConfusion`).
  public var confusion: URL { url.appending(path: "confusion.json") }
  /// The file that a process locks while it trains in this folder.
  package var lock: URL { url.appending(path: ".lock") }

  /// All files that a run writes.
  package var files: [URL] {
    [configuration, lastCheckpoint, bestCheckpoint, confusion, metrics, log, manifest, curves, mlflow]
  }

  /// The folder at a place, without any checks.
  package static func unopened(_ url: URL) -> RunFolder { RunFolder(url: url) }

  private init(url: URL) { self.url = url }

  /// Opens the folder for this process only, until the lock is released, and removes the unfinished files of processes
  /// that were killed. On a file system without locks there is no lock.
  static func take(_ url: URL, mode: Mode) throws(RunFolderError) -> (RunFolder, FileLock?) {
    // This check comes first: a folder in use is reported as such, whatever it holds.
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

  /// Opens the folder, and creates it if it does not exist.
  ///
  /// - Throws: `RunFolderError` if a new run would use a folder that holds the checkpoints or metrics of another run,
  ///   if a resumed run finds no `last.pth`, or if the folder cannot be created.
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
