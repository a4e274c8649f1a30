import Foundation

/// Files that appear whole or not at all.
package enum AtomicFile {
  private static let prefix = ".rtseg-"
  private static let suffix = ".tmp"

  /// Writes a file beside `path` under a temporary name and puts it in the place of `path` once it is whole.
  ///
  /// If `body` or the system fails, what stood at `path` stays and nothing else is left. The temporary file of a process
  /// that was killed is removed by `removeAbandoned(in:)`.
  /// - Parameter isDurable: Whether the content is on the disk before the name is, so that it outlasts a power cut.
  /// - Throws: `FileError`, or what `body` throws.
  package static func write(
    to path: String, isDurable: Bool = true, _ body: (OutputFile) throws -> Void
  ) throws {
    let target = try self.target(of: path)
    let folder = FileSystem.folder(of: target)
    let (temporary, descriptor) = try makeTemporary(in: folder, for: path)
    var isOpen = true
    do {
      try body(OutputFile(descriptor: descriptor, path: path))
      guard !isDurable || fsync(descriptor) == 0 else { throw FileError("write", path) }
      // Closing the descriptor ends the lock, so the file must have its final name before.
      let isRenamed = FileName.withCString(temporary) { from in FileName.withCString(target) { rename(from, $0) } } == 0
      let code = errno
      isOpen = false
      guard isRenamed else {
        close(descriptor)
        throw FileError("write", path, code: code)
      }
      guard close(descriptor) == 0 else { throw FileError("write", path) }
    } catch {
      if isOpen { close(descriptor) }
      _ = FileName.withCString(temporary) { unlink($0) }
      throw error
    }
    if isDurable { synchronize(folder: folder) }
  }

  package static func write(to url: URL, _ body: (OutputFile) throws -> Void) throws {
    try write(to: url.path, body)
  }

  /// Writes `data` as a whole file.
  package static func write(_ data: some ContiguousBytes, to url: URL) throws {
    try write(to: url.path) { file in try data.withUnsafeBytes { try file.write($0) } }
  }

  /// Removes the temporary files that killed processes left in a folder; those that are being written stay.
  package static func removeAbandoned(in folder: String) {
    for name in (try? FileSystem.names(in: folder)) ?? [] where name.hasPrefix(prefix) && name.hasSuffix(suffix) {
      let path = "\(folder)/\(name)"
      let descriptor = FileName.withCString(path) { open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW) }
      guard descriptor >= 0 else { continue }
      // A writer holds the lock as long as it lives.
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { _ = FileName.withCString(path) { unlink($0) } }
      close(descriptor)
    }
  }

  /// The file to replace: through a link, the file that it leads to and not the link.
  private static func target(of path: String) throws -> String {
    var target = path
    if let real = FileSystem.realPath(path) {
      target = real
    } else if let destination = FileSystem.linkDestination(path) {
      target = destination.hasPrefix("/") ? destination : "\(FileSystem.folder(of: path))/\(destination)"
    }
    if let kind = FileSystem.kind(of: target), kind != .file {
      throw FileError("write", path, reason: "something other than a file is there")
    }
    return target
  }

  /// A new file of a short name, locked as long as it is open.
  private static func makeTemporary(in folder: String, for path: String) throws -> (String, Int32) {
    while true {
      let mark = String(UInt64.random(in: 0...(.max)), radix: 36)
      let temporary = "\(folder)/\(prefix)\(mark)\(suffix)"
      let descriptor = FileName.withCString(temporary) { open($0, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666) }
      guard descriptor >= 0 else { throw FileError("write", path) }
      // Between the two calls, another process may have taken the file for an abandoned one.
      _ = flock(descriptor, LOCK_EX)
      var status = stat()
      if fstat(descriptor, &status) == 0, status.st_nlink > 0 { return (temporary, descriptor) }
      close(descriptor)
    }
  }

  /// Makes the new name last through a power cut, if the file system can.
  private static func synchronize(folder: String) {
    let descriptor = FileName.withCString(folder) { open($0, O_RDONLY | O_CLOEXEC) }
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }
}
