import Foundation

/// The errors of a run's files; each is described in one line.
public enum RunFolderError: Error, Equatable, CustomStringConvertible {
  /// The folder holds a run, and this one does not continue it.
  case holdsRun(folder: String, files: [String])
  /// The folder has no checkpoint to resume from.
  case nothingToResume(folder: String)
  /// Another process holds the folder's lock.
  case inUse(folder: String)
  /// The path leads to a file instead of a folder.
  case notAFolder(path: String)
  /// The system refuses to create, write or rename a file. No unfinished file is left.
  case cannotWrite(path: String, reason: String)
  /// The file cannot be read.
  case cannotRead(path: String, reason: String)
  /// A line of `metrics.jsonl` is not one that this program writes.
  case badMetrics(path: String, line: Int, reason: String)

  /// The error that `errno` stands for at the moment.
  static func cannotWrite(_ url: URL) -> RunFolderError {
    .cannotWrite(path: url.relativePath, reason: String(cString: strerror(errno)))
  }

  /// One line with the file, the reason and, if possible, what to do.
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
