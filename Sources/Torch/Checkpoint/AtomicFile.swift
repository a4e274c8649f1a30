import Foundation

/// Files that appear whole or not at all.
package enum AtomicFile {
  /// Writes a file beside `url` and puts it in the place of `url` once it is whole and on the disk.
  ///
  /// Where `body` or the system fails, what stood at `url` stays and nothing else is left.
  /// - Throws: `FileError`, or what `body` throws.
  package static func write(to url: URL, _ body: (OutputFile) throws -> Void) throws {
    // Through a link, the file it leads to is replaced and not the link.
    let target = url.resolvingSymlinksInPath().path
    var status = stat()
    if stat(target, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
      throw FileError("write", url.path, reason: "something other than a file is there")
    }
    let folder = (target as NSString).deletingLastPathComponent
    let name = (target as NSString).lastPathComponent
    let mark = String(UInt64.random(in: 0...(.max)), radix: 36)
    let temporary = "\(folder)/.\(name).\(mark).tmp"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw FileError("write", url.path) }
    var isOpen = true
    do {
      try body(OutputFile(descriptor: descriptor, path: url.path))
      guard fsync(descriptor) == 0 else { throw FileError("write", url.path) }
      isOpen = false
      guard close(descriptor) == 0, rename(temporary, target) == 0 else { throw FileError("write", url.path) }
    } catch {
      if isOpen { close(descriptor) }
      unlink(temporary)
      throw error
    }
    synchronize(folder: folder)
  }

  /// Writes `data` as a whole file.
  package static func write(_ data: some ContiguousBytes, to url: URL) throws {
    try write(to: url) { file in try data.withUnsafeBytes { try file.write($0) } }
  }

  /// Makes the new name last through a power cut, where the file system can.
  private static func synchronize(folder: String) {
    let descriptor = open(folder, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }
}

/// A file open for writing from start to end.
package struct OutputFile {
  let descriptor: Int32
  /// The name for errors.
  let path: String

  package init(descriptor: Int32, path: String) {
    self.descriptor = descriptor
    self.path = path
  }

  package func write(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes
    while !rest.isEmpty {
      // Systems refuse or shorten writes of 2 GiB and more.
      let count = Foundation.write(descriptor, rest.baseAddress, min(rest.count, 1 << 30))
      if count < 0 {
        if errno == EINTR { continue }
        throw FileError("write", path)
      }
      rest = UnsafeRawBufferPointer(rebasing: rest[count...])
    }
  }

  package func write(_ data: some ContiguousBytes) throws {
    try data.withUnsafeBytes { try write($0) }
  }
}
