import Files
import Foundation

/// A file that another program writes under a temporary name beside its place, until it is whole.
final class UnfinishedFile {
  /// The temporary path, which ends as the final one does: programs tell formats by it.
  let path: String
  private let target: String
  private let descriptor: Int32
  private var isThere = true

  /// Makes an empty file, and removes those that processes left which were killed.
  /// - Throws: `FileError`.
  init(for target: String) throws(FileError) {
    let real = FileSystem.realPath(target) ?? target
    if let kind = FileSystem.kind(of: real), kind != .file {
      throw FileError("write", target, reason: "something other than a file is there")
    }
    let folder = FileSystem.folder(of: real)
    let ending = Self.ending(of: target)
    Self.removeAbandoned(in: folder, ending: ending)
    let mark = String(UInt64.random(in: 0...(.max)), radix: 36)
    path = "\(folder)/.rtseg-\(mark)\(ending)"
    descriptor = FileName.withCString(path) { open($0, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o666) }
    guard descriptor >= 0 else { throw FileError("write", target) }
    // The lock shows other processes that this one lives.
    _ = flock(descriptor, LOCK_EX)
    self.target = real
  }

  deinit { remove() }

  /// The end of a path's name from the last dot on.
  static func ending(of path: String) -> String {
    let name = path.split(separator: "/").last ?? ""
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return "" }
    return String(name[dot...])
  }

  /// Gives the file its final name.
  func keep() throws(FileError) {
    let isRenamed = FileName.withCString(path) { from in FileName.withCString(target) { rename(from, $0) } } == 0
    guard isRenamed else { throw FileError("write", target) }
    isThere = false
    close(descriptor)
  }

  func remove() {
    guard isThere else { return }
    isThere = false
    _ = FileName.withCString(path) { unlink($0) }
    close(descriptor)
  }

  private static func removeAbandoned(in folder: String, ending: String) {
    for name in (try? FileSystem.names(in: folder)) ?? [] where name.hasPrefix(".rtseg-") && name.hasSuffix(ending) {
      let path = "\(folder)/\(name)"
      let descriptor = FileName.withCString(path) { open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW) }
      guard descriptor >= 0 else { continue }
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { _ = FileName.withCString(path) { unlink($0) } }
      close(descriptor)
    }
  }
}
