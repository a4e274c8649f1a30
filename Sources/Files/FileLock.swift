import Foundation

/// A lock that one process at a time holds; it ends with the process, however that ends.
package final class FileLock {
  private let descriptor: Int32

  /// Takes the lock of a file, which is made if it is not there and stays; nil if another process holds it.
  /// - Throws: `FileError` if the file cannot be made.
  package init?(_ path: String) throws(FileError) {
    descriptor = FileName.withCString(path) { open($0, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0o666) }
    guard descriptor >= 0 else { throw FileError("write", path) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      close(descriptor)
      if code == EWOULDBLOCK { return nil }
      throw FileError("lock", path, code: code)
    }
  }

  deinit { close(descriptor) }
}
