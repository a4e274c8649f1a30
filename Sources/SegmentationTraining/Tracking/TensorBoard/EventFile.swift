import Files
import Foundation

/// A file of events for TensorBoard. Each record consists of a length, the length's checksum, an event and the event's
/// checksum.
///
/// Events are kept in memory until `flush`, so that a step does not have to wait for the disk.
package final class EventFile {
  package let url: URL
  private let file: OutputFile
  private let descriptor: Int32
  private var pending: [UInt8] = []

  /// Creates a new file in a folder, and the folder if it does not exist. The file's name sorts after those of all
  /// event files in the folder, since TensorBoard reads them in the order of their names.
  /// - Throws: `FileError` if the file cannot be created.
  package init(in folder: URL, now: Date = Date()) throws(FileError) {
    try FileSystem.makeFolder(folder.path)
    let newest = try FileSystem.names(in: folder.path).compactMap(Self.seconds).max()
    var seconds = max(Int(now.timeIntervalSince1970), newest.map { $0 + 1 } ?? 0)
    while true {
      let name = "\(Self.prefix)\(seconds).\(Self.host).\(getpid())"
      let url = folder.appending(path: name)
      let descriptor = FileName.withCString(url.path) { open($0, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644) }
      if descriptor < 0, errno == EEXIST {
        seconds += 1
        continue
      }
      guard descriptor >= 0 else { throw FileError("write", url.path) }
      self.url = url
      self.descriptor = descriptor
      file = OutputFile(descriptor: descriptor, path: url.path)
      break
    }
    write(Rtseg_Event.with { $0.fileVersion = "brain.Event:2" }, at: now)
  }

  deinit { close(descriptor) }

  /// Adds an event.
  package func write(_ event: Rtseg_Event, at time: Date = Date()) {
    var event = event
    event.wallTime = time.timeIntervalSince1970
    let bytes: [UInt8]
    do {
      bytes = try event.serializedBytes()
    } catch {
      preconditionFailure("an event can always be written as bytes: \(error)")
    }
    let length = Self.bytes(UInt64(bytes.count))
    pending += length + Self.bytes(CRC32C.masked(length)) + bytes + Self.bytes(CRC32C.masked(bytes))
  }

  /// Writes the events that were added since the last call.
  package func flush() throws(FileError) {
    guard !pending.isEmpty else { return }
    try file.write(pending)
    pending.removeAll(keepingCapacity: true)
  }

  /// Makes sure that files can be created in a folder or, if it does not exist, in the nearest folder above it.
  /// - Throws: `FileError` if they cannot.
  static func check(folder: String) throws(FileError) {
    var place = folder
    while FileSystem.kind(of: place) == nil, FileSystem.folder(of: place) != place {
      place = FileSystem.folder(of: place)
    }
    guard FileSystem.isFolder(place) else { throw FileError("write into", folder, reason: "\(place) is not a folder") }
    let probe = "\(place)/.rtseg-\(String(UInt64.random(in: 0...(.max)), radix: 36)).tmp"
    let descriptor = FileName.withCString(probe) { open($0, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600) }
    guard descriptor >= 0 else { throw FileError("write into", place) }
    close(descriptor)
    _ = FileName.withCString(probe) { unlink($0) }
  }

  // MARK: Names

  private static let prefix = "events.out.tfevents."

  /// The time in the name of an event file; `nil` for other names.
  private static func seconds(_ name: String) -> Int? {
    guard name.hasPrefix(prefix) else { return nil }
    // A time after the year 2286 would have a digit more and would not sort.
    return name.dropFirst(prefix.count).split(separator: ".").first.flatMap { Int($0) }.flatMap {
      (0..<9_999_999_999).contains($0) ? $0 : nil
    }
  }

  private static var host: String {
    var name = [UInt8](repeating: 0, count: 256)
    let isKnown = name.withUnsafeMutableBytes {
      gethostname($0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count - 1) == 0
    }
    let text = String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
      .filter { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
    return isKnown && !text.isEmpty ? text : "host"
  }

  private static func bytes(_ number: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian, Array.init)
  }
}
