import Foundation

/// A regular file open for reading at any place.
package final class InputFile: Sendable {
  package let path: String
  /// The number of bytes in the file when it was opened.
  package let size: Int
  private let descriptor: Int32

  /// Opens a file.
  /// - Throws: `FileError`, also for pipes, devices and folders.
  package init(_ path: String) throws(FileError) {
    self.path = path
    // Opening a pipe would wait for a writer.
    let descriptor = FileName.withCString(path) { open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) }
    var status = stat()
    guard descriptor >= 0 else {
      throw errno == ENXIO ? FileError("read", path, reason: "it is not a file") : FileError("read", path)
    }
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw FileError(
        "read", path, reason: status.st_mode & S_IFMT == S_IFDIR ? "it is a folder" : "it is not a file")
    }
    self.descriptor = descriptor
    size = Int(status.st_size)
  }

  package convenience init(_ url: URL) throws(FileError) { try self.init(url.path) }

  deinit { close(descriptor) }

  /// Fills `buffer` with the bytes from `offset` on.
  /// - Throws: `FileError`, also if the file ends before that.
  package func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(FileError) {
    var done = 0
    while done < buffer.count {
      // Systems shorten reads of 2 GiB and more.
      let wanted = min(buffer.count - done, 1 << 30)
      let count = pread(descriptor, buffer.baseAddress! + done, wanted, off_t(offset + done))
      if count < 0 {
        if errno == EINTR { continue }
        throw FileError("read", path)
      }
      if count == 0 { throw truncated(expected: offset + buffer.count) }
      done += count
    }
  }

  /// `count` bytes from `offset` on; nothing is allocated for bytes that the file does not have.
  package func read(at offset: Int, count: Int) throws(FileError) -> [UInt8] {
    guard count >= 0, offset >= 0, count <= size - offset else {
      throw truncated(expected: offset.addingReportingOverflow(count).partialValue)
    }
    do {
      return try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
        try read(
          at: offset, into: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<count]))
        initialized = count
      }
    } catch {
      throw error as! FileError
    }
  }

  /// The whole content of a file that is expected to be small.
  package static func contents(of path: String, limit: Int) throws(FileError) -> [UInt8] {
    let file = try InputFile(path)
    guard file.size <= limit else {
      throw FileError("read", path, reason: "it has \(file.size) bytes, expected at most \(limit)")
    }
    return try file.read(at: 0, count: file.size)
  }

  private func truncated(expected: Int) -> FileError {
    FileError("read", path, reason: "the file is truncated: expected \(expected) bytes, found \(size)")
  }
}
