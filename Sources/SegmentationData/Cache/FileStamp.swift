import Files
import Foundation

/// The marks by which a file is recognized as the one that was read. Each write changes the time of the last change,
/// which no program can set. Equal stamps therefore mean equal content, once that time is some clock ticks ago.
struct FileStamp: Hashable, Sendable {
  private let device: UInt64
  private let number: UInt64
  private let size: Int64
  private let modified: Time
  private let changed: Time

  /// A time of the file system.
  private struct Time: Hashable, Comparable {
    let seconds: Int
    let nanoseconds: Int

    static func < (one: Time, other: Time) -> Bool {
      (one.seconds, one.nanoseconds) < (other.seconds, other.nanoseconds)
    }

    init(_ time: timespec) { (seconds, nanoseconds) = (Int(time.tv_sec), Int(time.tv_nsec)) }
  }

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
      modified = Time(status.st_mtimespec)
      changed = Time(status.st_ctimespec)
    #else
      modified = Time(status.st_mtim)
      changed = Time(status.st_ctim)
    #endif
  }

  /// Whether the last change is so long ago that another one would have another time.
  var isSettled: Bool { time(nil) - changed.seconds > 2 }

  /// Everything in the stamp, in one line.
  var text: String {
    "\(device) \(number) \(size) \(modified.seconds).\(modified.nanoseconds) \(changed.seconds).\(changed.nanoseconds)"
  }

  /// Whether the file was changed for the last time before another one was written.
  func isChanged(before other: FileStamp) -> Bool { changed < other.modified }
}
