import Files
import Foundation
import SegmentationImage
import Synchronization

/// Decoded images and masks in a folder, for `data.cache`.
///
/// An entry's name is the hash of the encoded file's content and of how it was decoded, so that it cannot be stale.
/// Processes share the folder: entries appear whole, and one process at a time adds some, by a lock; one that finds it
/// taken adds nothing this time. A full cache stops growing. An entry that is damaged is removed.
package final class SampleCache: Sendable {
  private struct State {
    /// By file and way of decoding: the stamp of the file when it was hashed, and the entry's key.
    var keys: [String: (stamp: FileStamp, key: String)] = [:]
    /// Entries whose hash was compared, by key.
    var verified: [String: FileStamp] = [:]
    var isGrowing = true
    var notices: [String] = []
  }

  private let folder: String
  /// The largest number of bytes in all entries.
  private let limit: Int
  private let state = Mutex(State())
  /// Lets one thread of this process write at a time.
  private let writing = Mutex(())

  /// - Throws: `DataError` if the folder cannot be made or written in.
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

  /// Lines on what became known since the last call: that the cache is full, or that an entry was damaged.
  func takeNotices() -> [String] {
    state.withLock { state in
      defer { state.notices = [] }
      return state.notices
    }
  }

  /// The entry of a file that was read before in this process and is still the same; its content is not read.
  func find(_ path: String, stamp: FileStamp?, variant: String) -> CachedImage? {
    let known = state.withLock { $0.keys["\(variant)\n\(path)"] }
    guard let known, known.stamp == stamp else { return nil }
    return find(known.key)
  }

  /// The entry of a file's content.
  func find(key: String, path: String, stamp: FileStamp?, variant: String) -> CachedImage? {
    guard let entry = find(key) else { return nil }
    // A file that has just been written may be written again without its times telling.
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

  /// Whether entries may still be added.
  var isGrowing: Bool { state.withLock { $0.isGrowing } }

  /// Adds an entry, if there is room and no other process adds one.
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
        // Counted first: a process that ends in between leaves the count too high, not too low.
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

  /// The bytes in all entries, as the last writer noted them.
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
