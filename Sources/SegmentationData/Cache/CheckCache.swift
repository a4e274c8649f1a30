import Files
import Foundation
import Synchronization

/// The results of earlier checks, file by file, so that a check which was interrupted goes on where it stopped and the
/// next check reads only what has changed.
///
/// A result is found by the hash of the file's content. A file that has the path and the stamp that it had then is not
/// read again. All results are in one file, to whose end new ones are added; the file's name is the hash of what the
/// results depend on beside the content: the map of the masks, the treatment of the orientation. An entry is a length,
/// the start of its hash, and a body; an entry whose hash is wrong, and all that follow, are dropped.
final class CheckCache: @unchecked Sendable {
  /// The first line of the file. The number rises if the entries' form or the meaning of their numbers changes.
  private static let title = "rtseg data check 1\n"
  private static let prefixSize = 12
  private static let bodyLimit = 1 << 22
  /// The most bytes that wait to be written.
  private static let pendingLimit = 1 << 16

  /// An entry's place by the start of a hash.
  private typealias Place = (start: UInt64, offset: Int)

  private let path: String
  private let file: InputFile
  /// The entries by the hash of the path and stamp, and by that of the content, sorted. An entry takes 32 bytes.
  private let byStamp: [Place]
  private let byContent: [Place]
  /// Keeps other checks from adding entries; nil if another check has it, so that this one only reads.
  private let lock: FileLock?
  /// The descriptor for adding entries; -1 if none are added.
  private let descriptor: Int32

  private struct Pending {
    var bytes: [UInt8] = []
    var since = ContinuousClock.now
    var failure: FileError?
  }
  private let pending = Mutex(Pending())

  /// Opens the results that belong to some settings; fails if another check is just making them.
  /// - Parameters:
  ///   - settings: Everything that the results depend on beside the files' content.
  ///   - note: Receives a line if results are damaged and dropped.
  /// - Throws: `FileError` if the folder or the file cannot be made.
  init?(folder: String, settings: String, note: (String) -> Void) throws(FileError) {
    let key = Array(settings.utf8).withUnsafeBytes { ContentHash.hex(of: $0) }
    path = "\(folder)/\(key).results"
    try FileSystem.makeFolder(folder)
    lock = try FileLock("\(folder)/\(key).lock")
    let header = Array("\(Self.title)\(key)\n".utf8)
    var start = (try? InputFile(path))?.size ?? 0
    if start > 0, let begun = try? InputFile(path).read(at: 0, count: header.count), begun == header {
      start = header.count
    } else {
      if start > 0 {
        note("\(path): the results of earlier checks are damaged or of another version; all files are read anew")
      }
      start = 0
    }
    guard lock != nil || start > 0 else { return nil }
    if start == 0 {
      do { try AtomicFile.write(to: path, isDurable: false) { try $0.write(header) } } catch {
        throw error as? FileError ?? FileError("write", path, reason: "\(error)")
      }
      start = header.count
    }
    let found = try InputFile(path)
    var (byStamp, byContent): ([Place], [Place]) = ([], [])
    var end = start
    let isWhole = try Self.scan(found, from: start) { body, offset in
      let (stamp, content) = (Self.stamp(body), Self.content(body))
      if stamp != Self.noStamp { byStamp.append((stamp.start, offset)) }
      byContent.append((content.start, offset))
      end = offset + Self.prefixSize + body.count
    }
    // Another check may be writing its last results.
    if !isWhole, lock != nil {
      note("\(path): the results of earlier checks are damaged or cut off at byte \(end); the rest is read anew")
    }
    self.byStamp = byStamp.sorted { $0 < $1 }
    self.byContent = byContent.sorted { $0 < $1 }
    guard lock != nil else {
      (file, descriptor) = (found, -1)
      return
    }
    descriptor = FileName.withCString(path) { open($0, O_WRONLY | O_APPEND | O_CLOEXEC) }
    guard descriptor >= 0, ftruncate(descriptor, off_t(end)) == 0 else { throw FileError("write", path) }
    // Its size is that without the part that was cut off.
    file = try InputFile(path)
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }

  // MARK: Entries

  /// The hash of a file's path and stamp; nil for a file that was written a moment ago, which may be written again
  /// without a change of its times.
  static func stampDigest(of file: SampleFile) -> ContentDigest? {
    guard let stamp = file.stamp, stamp.isSettled else { return nil }
    let place = file.member.map { "\($0.offset) \($0.size)" } ?? ""
    return Array("\(file.path)\n\(place)\n\(stamp.text)".utf8).withUnsafeBytes { ContentHash.digest(of: $0) }
  }

  /// The result of the file with a stamp, and the hash of its content.
  func find<Summary>(stamp: ContentDigest, as type: Summary.Type) -> (FileFinding<Summary>, ContentDigest)? {
    entry(byStamp, stamp.start) { body in
      guard Self.stamp(body) == stamp, let finding = Self.finding(body, as: type) else { return nil }
      return (finding, Self.content(body))
    }
  }

  /// The result of a file with a content.
  func find<Summary>(content: ContentDigest, as type: Summary.Type) -> FileFinding<Summary>? {
    entry(byContent, content.start) { body in
      Self.content(body) == content ? Self.finding(body, as: type) : nil
    }
  }

  private func entry<Value>(_ places: [Place], _ start: UInt64, _ value: (ArraySlice<UInt8>) -> Value?) -> Value? {
    // The first entry whose hash does not begin with less.
    var (low, high) = (0, places.count)
    while low < high {
      let middle = (low + high) / 2
      if places[middle].start < start { low = middle + 1 } else { high = middle }
    }
    while low < places.count, places[low].start == start {
      if let body = Self.body(of: file, at: places[low].offset), let value = value(body) { return value }
      low += 1
    }
    return nil
  }

  /// Adds a result.
  func add<Summary>(_ finding: FileFinding<Summary>, stamp: ContentDigest?, content: ContentDigest) {
    guard descriptor >= 0 else { return }
    var numbers = NumberWriter()
    switch finding {
    case .good(let summary):
      numbers.append(0)
      summary.write(to: &numbers)
    case .bad(let reason):
      numbers.append(1)
      numbers.append(reason)
    }
    let body = [Summary.kind] + (stamp ?? Self.noStamp).bytes + content.bytes + numbers.bytes
    guard body.count <= Self.bodyLimit else { return }
    pending.withLock { pending in
      pending.bytes += (0..<4).map { UInt8(truncatingIfNeeded: body.count >> (8 * $0)) } + Self.check(body[...]) + body
      if pending.bytes.count >= Self.pendingLimit || ContinuousClock.now - pending.since > .seconds(1) {
        write(&pending)
      }
    }
  }

  /// Writes all results that were added.
  /// - Throws: `FileError` if some of them could not be written.
  func finish() throws(FileError) {
    let failure = pending.withLock { pending in
      if !pending.bytes.isEmpty { write(&pending) }
      return pending.failure
    }
    if let failure { throw failure }
  }

  private func write(_ pending: inout Pending) {
    defer { (pending.bytes, pending.since) = ([], ContinuousClock.now) }
    guard pending.failure == nil else { return }
    do { try OutputFile(descriptor: descriptor, path: path).write(pending.bytes) } catch { pending.failure = error }
  }

  // MARK: Bytes

  /// The kind, the two hashes, and at least one number.
  private static let bodyMinimum = 2 + 2 * ContentDigest.size
  private static let noStamp = ContentDigest(bytes: [UInt8](repeating: 0, count: ContentDigest.size))

  private static func stamp(_ body: ArraySlice<UInt8>) -> ContentDigest {
    ContentDigest(bytes: body.dropFirst().prefix(ContentDigest.size))
  }

  private static func content(_ body: ArraySlice<UInt8>) -> ContentDigest {
    ContentDigest(bytes: body.dropFirst(1 + ContentDigest.size).prefix(ContentDigest.size))
  }

  private static func finding<Summary: FileSummary>(
    _ body: ArraySlice<UInt8>, as type: Summary.Type
  ) -> FileFinding<Summary>? {
    guard body.first == Summary.kind else { return nil }
    var numbers = NumberReader(body.dropFirst(1 + 2 * ContentDigest.size))
    let finding: FileFinding<Summary>?
    switch numbers.next(in: 0...1) {
    case 0?: finding = Summary(&numbers).map { .good($0) }
    case 1?: finding = numbers.text(limit: 1 << 16).map { .bad(reason: $0) }
    default: finding = nil
    }
    return numbers.isAtEnd ? finding : nil
  }

  private static func check(_ body: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    body.withUnsafeBytes { ContentHash.digest(of: $0) }.bytes.prefix(8)
  }

  private static func length(_ prefix: ArraySlice<UInt8>) -> Int? {
    let length = prefix.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
    return (bodyMinimum...bodyLimit).contains(length) ? length : nil
  }

  /// The body of an entry; nil if it is damaged.
  private static func body(of file: InputFile, at offset: Int) -> ArraySlice<UInt8>? {
    let guess = min(512, file.size - offset)
    guard guess >= prefixSize, let start = try? file.read(at: offset, count: guess),
      let length = Self.length(start[...])
    else { return nil }
    var body = start[prefixSize...].prefix(length)
    if body.count < length {
      guard let whole = try? file.read(at: offset + prefixSize, count: length) else { return nil }
      body = whole[...]
    }
    return start[4..<prefixSize] == check(body) ? body : nil
  }

  /// Calls `body` with each entry and its place.
  /// - Returns: False if an entry is damaged, or cut off as a process leaves it that is killed while it writes.
  private static func scan(
    _ file: InputFile, from start: Int, _ body: (ArraySlice<UInt8>, Int) -> Void
  ) throws(FileError) -> Bool {
    var offset = start
    var buffer: ArraySlice<UInt8> = []
    while offset < file.size {
      if buffer.count < prefixSize || buffer.count < prefixSize + (Self.length(buffer) ?? 0) {
        buffer = try file.read(at: offset, count: min(file.size - offset, 2 * bodyLimit))[...]
      }
      guard buffer.count >= prefixSize, let length = Self.length(buffer), buffer.count >= prefixSize + length else {
        return false
      }
      let (prefix, entry) = (buffer.prefix(prefixSize), buffer.dropFirst(prefixSize).prefix(length))
      guard prefix.dropFirst(4) == check(entry) else { return false }
      body(entry, offset)
      buffer = buffer.dropFirst(prefixSize + length)
      offset += prefixSize + length
    }
    return true
  }
}
