/// Bytes of a file: all of them, or a part, such as a member of an archive.
package struct FilePart: Sendable {
  /// The file's path or, for a part, the name by which messages call it.
  package let path: String
  /// The number of bytes.
  package let size: Int
  private let file: InputFile
  private let start: Int

  /// Opens a whole file.
  /// - Throws: `FileError`, also for pipes, devices and folders.
  package init(_ path: String) throws(FileError) {
    file = try InputFile(path)
    (self.path, size, start) = (path, file.size, 0)
  }

  /// A part of an open file.
  /// - Throws: `FileError` if the file does not have these bytes.
  package init(of file: InputFile, from start: Int, count: Int, path: String) throws(FileError) {
    guard start >= 0, count >= 0, start <= file.size, count <= file.size - start else {
      throw FileError("read", path, reason: "the file that it is a part of is truncated: it has \(file.size) bytes")
    }
    (self.file, self.start, self.path, size) = (file, start, path, count)
  }

  /// Fills `buffer` with the bytes from `offset` on.
  /// - Throws: `FileError`, also if the part ends before that.
  package func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(FileError) {
    try check(offset, buffer.count)
    do { try file.read(at: start + offset, into: buffer) } catch {
      throw FileError(error.operation, path, reason: error.reason)
    }
  }

  /// `count` bytes from `offset` on.
  package func read(at offset: Int, count: Int) throws(FileError) -> [UInt8] {
    try check(offset, count)
    do { return try file.read(at: start + offset, count: count) } catch {
      throw FileError(error.operation, path, reason: error.reason)
    }
  }

  private func check(_ offset: Int, _ count: Int) throws(FileError) {
    guard offset >= 0, count >= 0, offset <= size, count <= size - offset else {
      throw FileError("read", path, reason: "the file is truncated: it has \(size) bytes")
    }
  }
}
