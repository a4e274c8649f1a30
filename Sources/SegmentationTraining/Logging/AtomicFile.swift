import Foundation

/// Files that are there whole or not at all, also after a crash or on a full disk.
public enum AtomicFile {
  /// Writes data beside the target, flushes it to the disk and renames it over the target.
  ///
  /// On failure the target is as it was and nothing else is left.
  public static func write(_ data: Data, to url: URL) throws(RunFolderError) {
    let temporary = url.deletingLastPathComponent().appending(path: ".\(url.lastPathComponent).tmp").path
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw failure(url) }
    do throws(RunFolderError) {
      defer { close(descriptor) }
      try writeAll(data, to: descriptor, of: url)
      guard fsync(descriptor) == 0 else { throw failure(url) }
    } catch {
      unlink(temporary)
      throw error
    }
    guard rename(temporary, url.path) == 0 else {
      let error = failure(url)
      unlink(temporary)
      throw error
    }
    flushFolder(of: url)
  }

  /// Writes text as UTF-8; see `write(_:to:)` for data.
  public static func write(_ text: String, to url: URL) throws(RunFolderError) {
    try write(Data(text.utf8), to: url)
  }

  /// Writes all bytes to an open file; `url` is its name in the error.
  package static func writeAll(_ data: Data, to descriptor: Int32, of url: URL) throws(RunFolderError) {
    var rest = data[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 {
        if errno == EINTR { continue }
        throw failure(url)
      }
      rest = rest.dropFirst(count)
    }
  }

  /// The error that `errno` stands for.
  static func failure(_ url: URL) -> RunFolderError {
    .cannotWrite(path: url.relativePath, reason: String(cString: strerror(errno)))
  }

  /// Makes the new name last through a crash; not all file systems can, and the file itself is whole either way.
  private static func flushFolder(of url: URL) {
    let folder = open(url.deletingLastPathComponent().path, O_RDONLY | O_CLOEXEC)
    guard folder >= 0 else { return }
    fsync(folder)
    close(folder)
  }
}
