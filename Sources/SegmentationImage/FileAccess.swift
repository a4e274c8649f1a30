import Foundation

/// Reading and writing whole files, with errors that name the file.
package enum FileAccess {
  /// Reads a file, or its first `limit` bytes, into `buffer` and returns them, valid until the buffer is used again.
  package static func read(
    _ path: String, limit: Int = .max, into buffer: ScratchBuffer
  ) throws(ImageError) -> UnsafeBufferPointer<UInt8> {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw failure(path, "cannot be opened") }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else { throw failure(path, "cannot be read") }
    guard status.st_mode & S_IFMT == S_IFREG else { throw ImageError(path: path, reason: "not a file") }
    let size = min(Int(status.st_size), limit)
    let bytes = buffer.reserve(max(size, 1))
    var count = 0
    while count < size {
      let more = Foundation.read(file, bytes + count, size - count)
      if more < 0 && errno == EINTR { continue }
      guard more >= 0 else { throw failure(path, "cannot be read") }
      if more == 0 { break }
      count += more
    }
    return UnsafeBufferPointer(start: bytes, count: count)
  }

  /// Writes a file under a temporary name beside the target and renames it, so that the target is whole or untouched.
  package static func write(_ bytes: UnsafeRawBufferPointer, to path: String) throws(ImageError) {
    let temporary = "\(path).\(getpid())-\(UInt32.random(in: 0 ... .max)).tmp"
    let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard file >= 0 else { throw failure(path, "cannot be written") }
    var written = 0
    var failed = false
    while written < bytes.count && !failed {
      let more = Foundation.write(file, bytes.baseAddress! + written, bytes.count - written)
      if more >= 0 { written += more } else { failed = errno != EINTR }
    }
    let reason = errno
    if close(file) != 0 || failed || rename(temporary, path) != 0 {
      if failed { errno = reason }
      let error = failure(path, "cannot be written")
      unlink(temporary)
      throw error
    }
  }

  private static func failure(_ path: String, _ what: String) -> ImageError {
    ImageError(path: path, reason: "\(what): \(String(cString: strerror(errno)))")
  }
}
