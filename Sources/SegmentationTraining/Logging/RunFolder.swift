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

  /// Opens the folder, making it where it does not exist.
  ///
  /// A new run refuses a folder with another's checkpoints or metrics, a resumed one a folder without `last.pth`.
  public init(_ url: URL, mode: Mode) throws(RunFolderError) {
    self.url = url
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder)
    if exists, !isFolder.boolValue { throw .notAFolder(path: url.relativePath) }
    switch mode {
    case .new:
      let files = [lastCheckpoint, bestCheckpoint, metrics].filter { FileManager.default.fileExists(atPath: $0.path) }
      guard files.isEmpty else {
        throw .holdsRun(folder: url.relativePath, files: files.map(\.lastPathComponent))
      }
      try Self.make(url)
    case .resumed:
      guard FileManager.default.fileExists(atPath: lastCheckpoint.path) else {
        throw .nothingToResume(folder: url.relativePath)
      }
    }
  }

  /// Makes a folder and those above it; Foundation's own way does not say why it fails.
  private static func make(_ url: URL) throws(RunFolderError) {
    if mkdir(url.path, 0o755) == 0 || errno == EEXIST { return }
    let parent = url.deletingLastPathComponent()
    guard errno == ENOENT, parent.path != url.path else { throw RunFolderError.cannotWrite(url) }
    try make(parent)
    guard mkdir(url.path, 0o755) == 0 || errno == EEXIST else { throw RunFolderError.cannotWrite(url) }
  }
}
