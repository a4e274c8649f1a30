import Files
import Foundation
import SegmentationImage
import Synchronization

/// A folder of decoded images and masks, for `data.cache`.
///
/// The name of an entry is the hash of the encoded file's content and of the way it was decoded, so an entry cannot be
/// out of date. Several processes may share the folder: an entry appears as a whole, and a lock lets one process at a
/// time add entries; a process that does not get the lock adds nothing this time. A full cache stops growing. A damaged
/// entry is removed.
package final class SampleCache: Sendable {
  private struct State {
    /// For each file and way of decoding, the stamp of the file when it was hashed, and the entry's key.
    var keys: [String: (stamp: FileStamp, key: String)] = [:]
    /// The stamps of entries whose content was compared with their hash, by key.
    var verified: [String: FileStamp] = [:]
    var isGrowing = true
    var notices: [String] = []
  }

  private let folder: String
  /// The most bytes that all entries may have together.
  private let limit: Int
  private let state = Mutex(State())
  /// A lock that lets one thread of this process write at a time.
  private let writing = Mutex(())

  /// - Throws: `DataError` if the folder cannot be created or written to.
  package init(folder: String, limit: Int) throws(DataError) {
    self.folder = folder
    self.limit = limit
    do throws(FileError) {
      try FileSystem.makeFolder(folder)
      AtomicFile.removeAbandoned(in: folder)
      if let lock = try FileLock("\(folder)/lock") {
        try setUsage(Self.entrySizes(in: folder))
        withExtendedLifetime(lock) {}
      }
    } catch {
      throw DataError(
        "data.cache_folder: \(folder): decoded images cannot be kept there: \(error.reason); name another folder, or set "
          + "data.cache to off")
    }
  }

  /// The news since the last call, one line each: that the cache is full, or that an entry was damaged.
  func takeNotices() -> [String] {
    state.withLock { state in
      defer { state.notices = [] }
      return state.notices
    }
  }

  /// The entry of a file that this process has read before and that is still the same. The file's content is not read.
  func find(_ path: String, stamp: FileStamp?, variant: String) -> CachedImage? {
    let known = state.withLock { $0.keys["\(variant)\n\(path)"] }
    guard let known, known.stamp == stamp else { return nil }
    return find(known.key)
  }

  /// The entry for a file's content.
  func find(key: String, path: String, stamp: FileStamp?, variant: String) -> CachedImage? {
    guard let entry = find(key) else { return nil }
    // A file that was written a moment ago may be written again without a change of its times.
    if let stamp, stamp.isSettled { state.withLock { $0.keys["\(variant)\n\(path)"] = (stamp, key) } }
    return entry
  }

  static func key(of bytes: UnsafeBufferPointer<UInt8>, variant: String) -> String {
    let stream = ContentHash.Stream()
    stream.add(Array("\(variant)\n".utf8))
    stream.add(bytes)
    return stream.finish()
  }

  private func file(_ key: String) -> String { "\(folder)/\(key).pixels" }

  private func find(_ key: String) -> CachedImage? {
    do throws(DataError) {
      guard let entry = try CachedImage(file(key), key: key) else { return nil }
      if state.withLock({ $0.verified[key] == entry.stamp }) { return entry }
      guard entry.isWhole else { throw DataError("its pixels are damaged") }
      state.withLock { $0.verified[key] = entry.stamp }
      return entry
    } catch {
      _ = FileName.withCString(file(key)) { unlink($0) }
      note("\(file(key)): removed from the cache of decoded images, since \(error.description)")
      return nil
    }
  }

  private func note(_ line: String) { state.withLock { $0.notices.append(line) } }

  /// Whether entries are still added.
  var isGrowing: Bool { state.withLock { $0.isGrowing } }

  /// Adds an entry if there is room and no other process is adding one.
  func store(_ pixels: UnsafePointer<UInt8>, size: ImageSize, channels: Int, isTurned: Bool, key: String) {
    let byteCount = CachedImage.headerSize + size.area * channels
    writing.withLock { _ in
      guard isGrowing else { return }
      do {
        guard let lock = try FileLock("\(folder)/lock"), !FileSystem.exists(file(key)) else { return }
        let usage = try usage()
        guard usage <= limit - byteCount else {
          state.withLock { $0.isGrowing = false }
          return note(
            "the cache of decoded images is full: \(usage >> 20) of \(limit >> 20) MiB; other files are decoded each "
              + "time (data.cache_gigabytes)")
        }
        // The number is raised first. If the process ends before the write, the number is too high, not too low.
        try setUsage(usage + byteCount)
        try CachedImage.write(
          pixels, size: size, channels: channels, isTurned: isTurned, key: key, to: file(key))
        withExtendedLifetime(lock) {}
      } catch {
        state.withLock { $0.isGrowing = false }
        let reason = (error as? FileError)?.reason ?? "\(error)"
        note("\(folder): decoded images are no longer added to the cache: \(reason)")
      }
    }
  }

  /// The bytes in all entries, as the last process that wrote has noted them.
  private func usage() throws(FileError) -> Int {
    let text = (try? InputFile.contents(of: "\(folder)/usage", limit: 64)).map { String(decoding: $0, as: UTF8.self) }
    if let number = text.flatMap({ Int($0) }), number >= 0 { return number }
    return try Self.entrySizes(in: folder)
  }

  private func setUsage(_ bytes: Int) throws(FileError) {
    do {
      try AtomicFile.write(to: "\(folder)/usage", isDurable: false) { try $0.write(Array("\(bytes)".utf8)) }
    } catch {
      throw error as? FileError ?? FileError("write", "\(folder)/usage", reason: "\(error)")
    }
  }

  private static func entrySizes(in folder: String) throws(FileError) -> Int {
    try FileSystem.names(in: folder).filter { $0.hasSuffix(".pixels") }
      .reduce(0) { $0 + ((try? FileSystem.size(of: "\(folder)/\($1)")) ?? 0) }
  }
}
