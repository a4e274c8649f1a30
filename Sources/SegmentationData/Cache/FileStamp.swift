import Files
import Foundation

/// The marks which tell that a file is still the one that was read. Each write moves the time of the last change, which no program
/// can set, so that equal stamps mean equal content once that time lies some clock ticks back.
struct FileStamp: Hashable, Sendable {
  private let device: UInt64
  private let number: UInt64
  private let size: Int64
  private let modified: [Int]
  private let changed: [Int]

  /// The stamp of the file at a path; nil if nothing is there.
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

  /// Whether the last change lies so far back that another one would have another time.
  var isSettled: Bool { time(nil) - changed[0] > 2 }
}
