import Foundation

/// A lock that one process at a time holds; it ends with the process, however that ends.
package final class FileLock {
  private let descriptor: Int32

  /// Takes the lock of a file, which is made if it is not there and stays; nil if another process holds it.
  /// - Throws: `FileError` if the file cannot be made.
  package init?(_ path: String) throws(FileError) {
    descriptor = FileName.withCString(path) { open($0, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0o666) }
    guard descriptor >= 0 else { throw FileError("write", path) }
    var code: Int32 = 0
    // A process that asks whether the lock is held has it for a moment.
    for _ in 0..<5 {
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return }
      code = errno
      if code != EWOULDBLOCK { break }
      usleep(10_000)
    }
    close(descriptor)
    if code == EWOULDBLOCK { return nil }
    throw FileError("lock", path, code: code)
  }

  /// Whether a process holds the lock of a file; false if there is no such file.
  package static func isHeld(_ path: String) -> Bool {
    let descriptor = FileName.withCString(path) { open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK
  }

  deinit { close(descriptor) }
}
