import Foundation

/// What keeps a run from its files, in one line.
public enum RunFolderError: Error, Equatable, CustomStringConvertible {
  /// The folder holds a run, and this one does not continue it.
  case holdsRun(folder: String, files: [String])
  /// The folder has no checkpoint to resume from.
  case nothingToResume(folder: String)
  /// Another process holds the folder's lock.
  case inUse(folder: String)
  /// The path is that of a file.
  case notAFolder(path: String)
  /// The system refuses to make, write or rename a file; nothing half-written is left.
  case cannotWrite(path: String, reason: String)
  /// The file cannot be read.
  case cannotRead(path: String, reason: String)
  /// A line of `metrics.jsonl` is not what this program writes.
  case badMetrics(path: String, line: Int, reason: String)

  /// The error that `errno` stands for.
  static func cannotWrite(_ url: URL) -> RunFolderError {
    .cannotWrite(path: url.relativePath, reason: String(cString: strerror(errno)))
  }

  public var description: String {
    switch self {
    case .holdsRun(let folder, let files):
      "\(folder): holds a run already (\(files.joined(separator: ", "))); resume it, or choose another folder"
    case .nothingToResume(let folder):
      "\(folder): no run to resume (no last.pth); start a new one without resuming"
    case .inUse(let folder):
      "\(folder): another process is training in this folder; wait until it ends, or choose another folder"
    case .notAFolder(let path):
      "\(path): expected a folder for the run, found a file; choose another path"
    case .cannotWrite(let path, let reason):
      "\(path): cannot write: \(reason)"
    case .cannotRead(let path, let reason):
      "\(path): cannot read: \(reason)"
    case .badMetrics(let path, let line, let reason):
      "\(path):\(line): not a line of metrics (\(reason)); repair or remove the line"
    }
  }
}
