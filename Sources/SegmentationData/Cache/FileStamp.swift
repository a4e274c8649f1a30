import Files
import Foundation

/// The marks by which a file is recognized as the one that was read. Each write changes the time of the last change,
/// which no program can set. Equal stamps therefore mean equal content, once that time is some clock ticks ago.
struct FileStamp: Hashable, Sendable {
  private let device: UInt64
  private let number: UInt64
  private let size: Int64
  private let modified: [Int]
  private let changed: [Int]

  /// The stamp of the file at a path; fails if nothing is there.
  init?(_ path: String) {
    var status = stat()
    guard FileName.withCString(path, { stat($0, &status) }) == 0 else { return nil }
    self.init(status)
  }

  init(_ status: stat) {
    device = UInt64(status.st_dev)
    number = UInt64(status.st_ino)
    size = Int64(status.st_size)
    #if canImport(Darwin)
      modified = [status.st_mtimespec.tv_sec, status.st_mtimespec.tv_nsec]
      changed = [status.st_ctimespec.tv_sec, status.st_ctimespec.tv_nsec]
    #else
      modified = [status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
      changed = [status.st_ctim.tv_sec, status.st_ctim.tv_nsec]
    #endif
  }

  /// Whether the last change is so long ago that another one would have another time.
  var isSettled: Bool { time(nil) - changed[0] > 2 }
}
