import Foundation

/// Questions about paths. Names may consist of any bytes (see `FileName`).
package enum FileSystem {
  package enum Kind: Sendable {
    case file, folder
    /// A pipe, a socket or a device.
    case other
  }

  /// The kind of thing at a path, through links; nil if nothing is there or it cannot be reached.
  package static func kind(of path: String) -> Kind? { status(path).map(kind) }

  static func kind(_ status: stat) -> Kind {
    switch status.st_mode & S_IFMT {
    case S_IFREG: .file
    case S_IFDIR: .folder
    default: .other
    }
  }

  package static func exists(_ path: String) -> Bool { status(path) != nil }
  package static func isFolder(_ path: String) -> Bool { kind(of: path) == .folder }

  /// A file's size in bytes.
  package static func size(of path: String) throws(FileError) -> Int {
    guard let status = status(path) else { throw FileError("read", path) }
    return Int(status.st_size)
  }

  /// The identity of a file, which is the same under all its names; nil if nothing is there.
  package static func identity(of path: String) -> FileIdentity? {
    status(path).map { FileIdentity(device: UInt64($0.st_dev), number: UInt64($0.st_ino)) }
  }

  /// The names in a folder, sorted by their bytes, without `.` and `..`.
  package static func names(in folder: String) throws(FileError) -> [String] { Array(try FolderEntries(folder).names) }

  /// Makes a folder and those above it.
  package static func makeFolder(_ path: String) throws(FileError) {
    if FileName.withCString(path, { mkdir($0, 0o777) }) == 0 { return }
    let code = errno
    if code == EEXIST {
      if isFolder(path) { return }
      throw FileError("make the folder", path, reason: "a file of this name is there")
    }
    let parent = folder(of: path)
    guard code == ENOENT, parent != path, parent != "." else { throw FileError("make the folder", path, code: code) }
    try makeFolder(parent)
    guard FileName.withCString(path, { mkdir($0, 0o777) }) == 0 || errno == EEXIST else {
      throw FileError("make the folder", path)
    }
  }

  /// The path without links and dots; nil if nothing is there.
  package static func realPath(_ path: String) -> String? {
    guard let real = FileName.withCString(path, { realpath($0, nil) }) else { return nil }
    defer { free(real) }
    return FileName.text(UnsafeBufferPointer(start: real, count: strlen(real)).map { UInt8(bitPattern: $0) })
  }

  /// The whole path of a file that need not be there yet: links are followed and dots resolved as far as folders are
  /// there, and as if the others had been made.
  static func place(of path: String) -> String {
    var place = path.hasPrefix("/") ? "/" : realPath(".") ?? "."
    var rest = path.split(separator: "/").map(String.init)
    var links = 0
    while !rest.isEmpty {
      let name = rest.removeFirst()
      if name == "." { continue }
      if name == ".." {
        place = folder(of: place)
        continue
      }
      let next = place == "/" ? "/\(name)" : "\(place)/\(name)"
      if let real = realPath(next) {
        place = real
      } else if links < 40, let destination = linkDestination(next) {
        // The link leads to something that is still to be made.
        links += 1
        if destination.hasPrefix("/") { place = "/" }
        rest = destination.split(separator: "/").map(String.init) + rest
      } else {
        place = next
      }
    }
    return place
  }

  /// Whether names that differ only in capital and small letters are one name in this folder. If the folder is not
  /// there, the nearest one above it is asked.
  static func ignoresCase(in folder: String) -> Bool {
    var folder = folder
    while !isFolder(folder) {
      let parent = self.folder(of: folder)
      if parent == folder { return false }
      folder = parent
    }
    let name = ".rtseg-\(String(UInt64.random(in: 0...(.max)), radix: 36)).tmp"
    let probe = "\(folder)/\(name)"
    let descriptor = FileName.withCString(probe) { open($0, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600) }
    guard descriptor >= 0 else { return false }
    close(descriptor)
    defer { _ = FileName.withCString(probe) { unlink($0) } }
    return exists("\(folder)/\(name.uppercased())")
  }

  /// The path that a link leads to; nil if this is not a link.
  static func linkDestination(_ path: String) -> String? {
    var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = buffer.withUnsafeMutableBytes { bytes in
      FileName.withCString(path) {
        readlink($0, bytes.baseAddress!.assumingMemoryBound(to: CChar.self), bytes.count)
      }
    }
    return count > 0 ? FileName.text(buffer.prefix(count)) : nil
  }

  /// The folder that a path's last name is in; `.` for a bare name.
  package static func folder(of path: String) -> String {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    let trimmed = path.count > 1 && path.hasSuffix("/") ? parts.dropLast() : parts[...]
    guard trimmed.count > 1 else { return "." }
    let folder = trimmed.dropLast().joined(separator: "/")
    return folder.isEmpty ? "/" : folder
  }

  private static func status(_ path: String) -> stat? {
    var status = stat()
    return FileName.withCString(path) { stat($0, &status) } == 0 ? status : nil
  }
}

/// A file's place in the file system.
package struct FileIdentity: Hashable, Sendable {
  let device: UInt64
  let number: UInt64
}
