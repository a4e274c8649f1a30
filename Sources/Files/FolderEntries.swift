import Foundation

/// The names in a folder, sorted by their bytes, without `.` and `..`, each with the kind of thing that it names.
package struct FolderEntries {
  package let names: NameTable
  /// The kinds in the order of the names, through links; nil for a link that leads nowhere.
  package let kinds: [FileSystem.Kind?]

  /// Lists a folder.
  /// - Throws: `FileError` if it cannot be listed.
  package init(_ folder: String) throws(FileError) {
    guard let stream = FileName.withCString(folder, { opendir($0) }) else { throw FileError("list", folder) }
    defer { closedir(stream) }
    var names = NameTable()
    var kinds: [FileSystem.Kind?] = []
    errno = 0
    while let entry = readdir(stream) {
      withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        let name = UnsafeRawBufferPointer(rebasing: bytes[..<strnlen(bytes.baseAddress!, bytes.count)])
        guard !name.elementsEqual(".".utf8), !name.elementsEqual("..".utf8) else { return }
        names.append(name.bindMemory(to: UInt8.self))
        kinds.append(Self.kind(entry.pointee.d_type, bytes.baseAddress!, dirfd(stream)))
        if names.count % ListingProgress.step == 0 { ListingProgress.note(ListingProgress.step) }
      }
      errno = 0
    }
    guard errno == 0 else { throw FileError("list", folder) }
    let places = names.sortedPlaces()
    self.names = names.choosing(places)
    self.kinds = places.map { kinds[$0] }
  }

  /// The kind that the folder itself tells, so that files need not be asked; links and what some file systems do not
  /// tell are.
  private static func kind(_ type: UInt8, _ name: UnsafeRawPointer, _ folder: Int32) -> FileSystem.Kind? {
    switch Int(type) {
    case Int(DT_REG): return .file
    case Int(DT_DIR): return .folder
    case Int(DT_LNK), Int(DT_UNKNOWN):
      var status = stat()
      guard fstatat(folder, name.assumingMemoryBound(to: CChar.self), &status, 0) == 0 else { return nil }
      return FileSystem.kind(status)
    default: return .other
    }
  }
}

/// The hook by which a program can show how far the listing of large folders is.
package enum ListingProgress {
  /// The number of names after which a listing calls the hook.
  static let step = 4096

  /// The hook, in a class: as a closure, a task-local value that another module sets crashes in Swift 6.3's release builds.
  private final class Watch: Sendable {
    let note: @Sendable (Int) -> Void
    init(_ note: @escaping @Sendable (Int) -> Void) { self.note = note }
  }

  @TaskLocal private static var watch: Watch?

  /// Calls a hook while `body` runs: with the number of names that were listed since the last call, and with 0 at the end.
  package static func watching<Result>(_ note: @escaping @Sendable (Int) -> Void, _ body: () throws -> Result) rethrows
    -> Result
  { try $watch.withValue(Watch(note)) { try body() } }

  /// Tells the hook, if there is one, that some more names were listed, or by 0 that the listing has ended.
  package static func note(_ count: Int) { watch?.note(count) }
}
