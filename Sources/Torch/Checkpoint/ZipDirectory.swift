import Files

/// The directory of a zip archive, which says where the records lie. All that it says is checked against the file.
struct ZipDirectory {
  struct Record {
    let name: String
    /// The offset of the record's own head.
    let headOffset: Int
    /// The numbers of bytes in the archive, and after unpacking.
    let storedSize: Int
    let size: Int
    let isPlain: Bool
  }

  let records: [Record]
  private let places: [String: Int]
  private let file: InputFile
  private let start: Int

  subscript(name: String) -> Record? { places[name].map { records[$0] } }

  /// - Throws: `FileError`, or `CheckpointError` for a file that is cut or damaged.
  init(_ file: InputFile) throws {
    func damaged(_ problem: String) -> CheckpointError {
      CheckpointError(file.path, "the file is truncated or damaged: \(problem)")
    }
    guard let end = try EndRecord(file) else { throw damaged("a zip archive without a directory at its end") }
    guard end.directory.lowerBound >= 0, end.directory.upperBound <= file.size else {
      throw damaged("the directory of the zip archive lies outside the file")
    }
    var cursor = ByteCursor(
      bytes: try file.read(at: end.directory.lowerBound, count: end.directory.count), position: 0, file: file.path)
    var records: [Record] = []
    var places: [String: Int] = [:]
    while cursor.position < cursor.bytes.count {
      guard let record = try Self.record(&cursor) else { throw damaged("an entry of the zip archive's directory") }
      guard places.updateValue(records.count, forKey: record.name) == nil else {
        throw damaged("the record \(record.name) is there twice")
      }
      records.append(record)
    }
    guard records.count == end.count else {
      throw damaged("the zip archive has another number of records than it says")
    }
    self.records = records
    self.places = places
    self.file = file
    start = end.directory.lowerBound
  }

  /// The offset at which the bytes of a record begin. All of them lie within the file.
  func dataOffset(of record: Record) throws -> Int {
    let damaged = CheckpointError(file.path, "the record \(record.name) is damaged or goes beyond the file")
    guard record.headOffset >= 0, record.headOffset <= start - 30 else { throw damaged }
    let head = try file.read(at: record.headOffset, count: 30)
    guard head.starts(with: [0x50, 0x4B, 3, 4]) else { throw damaged }
    let offset = record.headOffset + 30 + head.integer16(at: 26) + head.integer16(at: 28)
    guard record.storedSize >= 0, offset <= start, record.storedSize <= start - offset else { throw damaged }
    return offset
  }

  private static func record(_ cursor: inout ByteCursor) throws -> Record? {
    let head = Array(try cursor.take(46))
    guard head.starts(with: [0x50, 0x4B, 1, 2]) else { return nil }
    let name = String(decoding: try cursor.take(head.integer16(at: 28)), as: UTF8.self)
    let extra = try cursor.take(head.integer16(at: 30))
    _ = try cursor.take(head.integer16(at: 32))
    // Sizes that do not fit 32 bits, and only those, are in a field of their own, in this order.
    var wide = wideNumbers(Array(extra))
    func number(at place: Int) -> Int? {
      let value = head.integer32(at: place)
      return value == 0xFFFF_FFFF ? wide.popLast() : value
    }
    guard let size = number(at: 24), let stored = number(at: 20), let offset = number(at: 42) else { return nil }
    let isEncrypted = head[8] & 1 != 0
    return Record(
      name: name, headOffset: offset, storedSize: stored, size: size,
      isPlain: head.integer16(at: 10) == 0 && !isEncrypted && stored == size)
  }

  /// The 64-bit numbers of an entry, the last one first.
  private static func wideNumbers(_ extra: [UInt8]) -> [Int] {
    var position = 0
    while extra.count - position >= 4 {
      let length = extra.integer16(at: position + 2)
      guard length <= extra.count - position - 4 else { break }
      if extra.integer16(at: position) == 1 {
        return stride(from: position + 4, to: position + 4 + length - length % 8, by: 8).reversed()
          .map { extra.integer64(at: $0) }
      }
      position += 4 + length
    }
    return []
  }

  /// The description of the directory at the end of an archive.
  private struct EndRecord {
    let directory: Range<Int>
    let count: Int

    /// `nil` if there is none.
    init?(_ file: InputFile) throws {
      // The end record has 22 bytes and a comment of at most 65535.
      let tailStart = max(0, file.size - 22 - 0xFFFF)
      let tail = try file.read(at: tailStart, count: file.size - tailStart)
      let place = stride(from: tail.count - 22, through: 0, by: -1).first { place in
        tail[place...].starts(with: [0x50, 0x4B, 5, 6]) && tail.integer16(at: place + 20) == tail.count - place - 22
      }
      guard let place else { return nil }
      var (count, size, offset) = (
        tail.integer16(at: place + 10), tail.integer32(at: place + 12), tail.integer32(at: place + 16)
      )
      if count == 0xFFFF || size == 0xFFFF_FFFF || offset == 0xFFFF_FFFF {
        guard place >= 20, tail[(place - 20)...].starts(with: [0x50, 0x4B, 6, 7]) else { return nil }
        let wideOffset = tail.integer64(at: place - 12)
        guard wideOffset >= 0, wideOffset <= file.size - 56 else { return nil }
        let wide = try file.read(at: wideOffset, count: 56)
        guard wide.starts(with: [0x50, 0x4B, 6, 6]) else { return nil }
        (count, size, offset) = (wide.integer64(at: 32), wide.integer64(at: 40), wide.integer64(at: 48))
      }
      guard offset >= 0, size >= 0, offset <= file.size, size <= tailStart + place - offset else { return nil }
      directory = offset..<offset + size
      self.count = count
    }
  }
}

extension [UInt8] {
  fileprivate func integer16(at place: Int) -> Int { Int(self[place]) | Int(self[place + 1]) << 8 }
  fileprivate func integer32(at place: Int) -> Int { integer16(at: place) | integer16(at: place + 2) << 16 }
  /// The number; negative if it does not fit.
  fileprivate func integer64(at place: Int) -> Int { integer32(at: place) | integer32(at: place + 4) << 32 }
}
