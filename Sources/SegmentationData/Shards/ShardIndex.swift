import Files
import Foundation

/// The places of a tar archive's files, as text in the form of NVIDIA DALI's `wds2idx`: `v1.2` and the number of
/// samples, then a line for each sample with the field, the place, the size and the name of each of its members:
///
///     v1.2 2
///     jpg 512 48210 0001.jpg seg.png 49664 3120 0001.seg.png
///     jpg 53760 50112 0002.jpg seg.png 104960 2988 0002.seg.png
///
/// `rtseg data pack` writes it beside each shard, as `train-000000.idx` for `train-000000.tar`. For other archives it is
/// made once and kept in the cache.
struct ShardIndex {
  private static let title = "v1.2"
  private static let cacheTitle = "rtseg shard index 1"
  /// Smaller archives are read again as fast as their indices.
  private static let cachedMembers = 1000

  /// The files of the archive in order.
  let members: [TarMember]

  init(_ members: [TarMember]) { self.members = members }

  /// The path of the index beside a shard.
  static func path(besides shard: String) -> String {
    shard.lowercased().hasSuffix(".tar") ? "\(shard.dropLast(4)).idx" : "\(shard).idx"
  }

  // MARK: Finding

  /// The index of a shard: the one beside it, the one in the cache, or a new one.
  /// - Parameter cacheFolder: The folder for indices of archives that have none beside them.
  /// - Throws: `DataError` if the shard cannot be read, or if the index beside it is wrong.
  init(of shard: String, cacheFolder: String?) throws(DataError) {
    let file = try Self.open(shard)
    let own = Self.path(besides: shard)
    if own != shard, FileSystem.kind(of: own) == .file {
      do {
        self = try ShardIndex(text: InputFile.contents(of: own, limit: 1 << 30), archiveSize: file.size)
      } catch let error as TarProblem {
        throw DataError("\(own): \(error.reason); delete it to have \(shard) read without it")
      } catch {
        throw DataError("\(error)")
      }
      return
    }
    let cached = FileStamp(shard).flatMap { stamp in cacheFolder.map { Self.cachePath(shard, stamp, $0) } }
    if let cached, let known = Self.cached(cached, archiveSize: file.size) {
      self = known
      return
    }
    self = try ShardIndex(scanning: file)
    if let cached, members.count >= Self.cachedMembers { keep(at: cached) }
  }

  /// Reads the headers of an archive.
  init(scanning file: InputFile) throws(DataError) {
    var scanner = try TarScanner(file)
    var members: [TarMember] = []
    while let member = try scanner.next() {
      members.append(member)
      if members.count % 1024 == 0 { ListingProgress.note(1024) }
    }
    self.members = members
  }

  private static func open(_ shard: String) throws(DataError) -> InputFile {
    do { return try InputFile(shard) } catch { throw DataError("\(error)") }
  }

  // MARK: The cache

  private static func cachePath(_ shard: String, _ stamp: FileStamp, _ folder: String) -> String {
    let key = Array("\(shard)\n\(stamp.text)".utf8).withUnsafeBytes { ContentHash.hex(of: $0) }
    return "\(folder)/\(key).idx"
  }

  /// The index in a file of the cache; nil if there is none or it is damaged, since it can be made again.
  private static func cached(_ path: String, archiveSize: Int) -> ShardIndex? {
    guard let bytes = try? InputFile.contents(of: path, limit: 1 << 30) else { return nil }
    let lines = bytes.split(separator: UInt8(ascii: "\n"), maxSplits: 2, omittingEmptySubsequences: false)
    guard lines.count == 3, lines[0].elementsEqual(cacheTitle.utf8),
      lines[1].elementsEqual(lines[2].withUnsafeBytes { ContentHash.hex(of: $0) }.utf8)
    else { return nil }
    return try? ShardIndex(text: lines[2], archiveSize: archiveSize)
  }

  private func keep(at path: String) {
    let text = text
    let hash = text.withUnsafeBytes { ContentHash.hex(of: $0) }
    do {
      try FileSystem.makeFolder(FileSystem.folder(of: path))
      try AtomicFile.write(to: path, isDurable: false) { file in
        try file.write(Array("\(Self.cacheTitle)\n\(hash)\n".utf8))
        try file.write(text)
      }
    } catch {
      // It can be made again.
    }
  }

  // MARK: The text

  /// The index as text.
  var text: [UInt8] {
    var lines: [UInt8] = []
    var (samples, key): (Int, ArraySlice<UInt8>?) = (0, nil)
    for member in members {
      if member.key == key {
        lines.append(UInt8(ascii: " "))
      } else {
        if samples > 0 { lines.append(UInt8(ascii: "\n")) }
        samples += 1
        key = member.key
      }
      lines +=
        Self.escaped(member.field) + Array(" \(member.offset) \(member.size) ".utf8) + Self.escaped(member.name[...])
    }
    if samples > 0 { lines.append(UInt8(ascii: "\n")) }
    return Array("\(Self.title) \(samples)\n".utf8) + lines
  }

  /// Blanks and control characters, which would divide a line, as `%20`, and `%` before two hexadecimal digits too; an
  /// empty text as `%`.
  private static func escaped(_ text: ArraySlice<UInt8>) -> [UInt8] {
    if text.isEmpty { return [UInt8(ascii: "%")] }
    return text.flatMap { byte -> [UInt8] in
      guard byte <= 0x20 || byte == 0x7F || byte == UInt8(ascii: "%") else { return [byte] }
      return Array(("%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)).utf8)
    }
  }

  private static func unescaped(_ text: ArraySlice<UInt8>) -> [UInt8] {
    guard text.contains(UInt8(ascii: "%")) else { return Array(text) }
    if text.count == 1 { return [] }
    var (plain, rest) = ([UInt8](), text)
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), rest.count >= 2,
        let code = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      {
        plain.append(code)
        rest = rest.dropFirst(2)
      } else {
        plain.append(byte)
      }
    }
    return plain
  }

  /// Reads an index.
  /// - Parameter archiveSize: The size of the archive, in which all members must lie, one after the other.
  init(text: some RandomAccessCollection<UInt8>, archiveSize: Int) throws(TarProblem) {
    var lines = text[...]
    func line() -> [UInt8]? {
      guard !lines.isEmpty else { return nil }
      let line = lines.prefix { $0 != UInt8(ascii: "\n") }
      lines = lines[line.endIndex...].dropFirst()
      return Array(line)
    }
    guard let head = line()?.split(separator: UInt8(ascii: " ")), head.count == 2,
      head[0].elementsEqual(Self.title.utf8),
      let samples = Self.number(head[1])
    else { throw TarProblem("not an index of version \(Self.title), as wds2idx and rtseg data pack write it") }
    var members: [TarMember] = []
    var (found, end) = (0, 0)
    while let line = line() {
      found += 1
      let parts = line.split(separator: UInt8(ascii: " "))
      guard !parts.isEmpty, parts.count % 4 == 0 else {
        throw TarProblem("line \(found + 1): expected a field, a place, a size and a name for each member")
      }
      for start in stride(from: 0, to: parts.count, by: 4) {
        guard let offset = Self.number(parts[start + 1]), let size = Self.number(parts[start + 2]),
          offset % TarHeader.size == 0, offset >= end + TarHeader.size, offset <= archiveSize,
          size <= archiveSize - offset, let padded = TarHeader.padded(size)
        else {
          throw TarProblem("line \(found + 1): a place or a size that the archive of \(archiveSize) bytes cannot have")
        }
        end = offset + padded
        members.append(TarMember(name: Self.unescaped(parts[start + 3]), offset: offset, size: size))
      }
      if found % 1024 == 0 { ListingProgress.note(1024) }
    }
    guard found == samples else { throw TarProblem("it should have \(samples) samples and has \(found)") }
    self.members = members
  }

  private static func number(_ text: ArraySlice<UInt8>) -> Int? {
    guard (1...18).contains(text.count), text.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return text.reduce(0) { $0 * 10 + Int($1 - 0x30) }
  }
}
