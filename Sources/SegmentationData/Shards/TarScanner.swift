import Files

/// Finds the files in a tar archive by its headers, without reading the files themselves.
///
/// The archive may come from anywhere. Links, devices, files with holes and names that lead out of a folder are refused,
/// as is an archive that ends too early.
struct TarScanner {
  /// The most bytes of a name, and of the records before a member.
  private static let nameLimit = 1 << 12
  private static let recordLimit = 1 << 20
  /// The largest file: no larger image can be decoded.
  static let sizeLimit = 1 << 31
  /// The most bytes of zeros at the end; programs fill their last record, which has 10240 bytes unless they are told.
  private static let paddingLimit = 1 << 20

  private let file: InputFile
  private var position = 0

  init(_ file: InputFile) throws(DataError) {
    self.file = file
    let start = try bytes(0, count: min(8, file.size))
    for (format, magic) in Self.compressions where start.starts(with: magic) {
      throw DataError(
        "\(file.path): compressed by \(format), so that no sample can be read without all those before it; decompress it"
      )
    }
    guard file.size > 0 else { throw DataError("\(file.path): the file is empty; expected a tar archive") }
  }

  private static let compressions: [(String, [UInt8])] = [
    ("gzip", [0x1F, 0x8B]), ("zstd", [0x28, 0xB5, 0x2F, 0xFD]), ("xz", [0xFD, 0x37, 0x7A, 0x58, 0x5A]),
    ("bzip2", Array("BZh".utf8)),
  ]

  /// The next file; nil at the end.
  /// - Throws: `DataError` with the archive and the place of the header.
  mutating func next() throws(DataError) -> TarMember? {
    var (longName, sizeRecord): ([UInt8]?, Int?) = (nil, nil)
    var begun: Int?
    while true {
      let place = position
      guard place <= file.size - TarHeader.size else {
        throw failure(place, "the archive ends without its mark of two empty blocks: it is truncated")
      }
      let block = try bytes(place, count: TarHeader.size)
      if block.allSatisfy({ $0 == 0 }) {
        guard begun == nil else { throw failure(begun ?? place, "a long name without a member that has it") }
        try checkEnd(place)
        return nil
      }
      let header: TarHeader
      do { header = try TarHeader(block) } catch { throw failure(place, error.reason) }
      let start = place + TarHeader.size
      let size = header.isFile ? sizeRecord ?? header.contentSize : header.contentSize
      guard let padded = TarHeader.padded(size), size <= file.size - start, padded <= file.size - start else {
        throw failure(
          place, "the archive is truncated: the member has \(size) bytes, and \(file.size - start) bytes follow")
      }
      position = start + padded
      switch header.type {
      case UInt8(ascii: "L"): longName = try Array(records(place, start, header.contentSize).prefix { $0 != 0 })
      case UInt8(ascii: "K"): _ = try records(place, start, header.contentSize)
      case UInt8(ascii: "x"):
        let found = try PAXRecords(records(place, start, header.contentSize), place, failure)
        (longName, sizeRecord) = (found.path ?? longName, found.size ?? sizeRecord)
      case UInt8(ascii: "g"):
        let found = try PAXRecords(records(place, start, header.contentSize), place, failure)
        guard found.path == nil, found.size == nil else {
          throw failure(place, "a record for all members gives a name or a size, which only one can have")
        }
        // It says nothing about the next member alone.
        continue
      case UInt8(ascii: "5"),
        0 where (longName ?? header.name).last == UInt8(ascii: "/"):
        // A folder. Before POSIX, only the slash at its end told it.
        position = start
        (longName, sizeRecord, begun) = (nil, nil, nil)
        continue
      case _ where header.isFile:
        return try member(place, start, size, header, longName)
      default:
        throw failure(place, "the member '\(FileName.text(longName ?? header.name))' is \(Self.kind(header.type))")
      }
      begun = begun ?? place
    }
  }

  private func member(
    _ place: Int, _ start: Int, _ size: Int, _ header: TarHeader, _ longName: [UInt8]?
  ) throws(DataError) -> TarMember {
    let name = try checkedName(longName ?? header.name, place)
    guard size == header.contentSize else {
      throw failure(place, "two sizes are given for '\(FileName.text(name))': \(header.contentSize) and \(size)")
    }
    guard size <= Self.sizeLimit else {
      throw failure(place, "'\(FileName.text(name))' has \(size) bytes, expected at most 2 GiB")
    }
    return TarMember(name: name, offset: start, size: size)
  }

  private func checkedName(_ name: [UInt8], _ place: Int) throws(DataError) -> [UInt8] {
    var name = name[...]
    while name.starts(with: "./".utf8) { name = name.dropFirst(2).drop { $0 == UInt8(ascii: "/") } }
    let parts = name.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    guard !name.isEmpty, name.count <= Self.nameLimit, !name.contains(0), name.first != UInt8(ascii: "/"),
      name.last != UInt8(ascii: "/"), !parts.contains(where: { $0.elementsEqual("..".utf8) })
    else {
      throw failure(
        place,
        "the name '\(FileName.text(name.prefix(200)))' is not a path below a folder of at most \(Self.nameLimit) bytes")
    }
    return Array(name)
  }

  /// The content of a header that says something about the next member.
  private func records(_ place: Int, _ start: Int, _ size: Int) throws(DataError) -> [UInt8] {
    guard size <= Self.recordLimit else {
      throw failure(place, "a name or record of \(size) bytes, expected at most \(Self.recordLimit)")
    }
    return try bytes(start, count: size)
  }

  /// Makes sure that nothing but zeros follows.
  private func checkEnd(_ place: Int) throws(DataError) {
    guard file.size - place >= 2 * TarHeader.size else {
      throw failure(place, "the archive ends without its mark of two empty blocks: it is truncated")
    }
    let rest = file.size - place
    guard rest <= Self.paddingLimit, try bytes(place, count: rest).allSatisfy({ $0 == 0 }) else {
      throw failure(place, "the archive ends here, but more follows; were two archives put together?")
    }
  }

  private func bytes(_ place: Int, count: Int) throws(DataError) -> [UInt8] {
    do { return try file.read(at: place, count: count) } catch { throw DataError("\(error)") }
  }

  private func failure(_ place: Int, _ reason: String) -> DataError {
    DataError("\(file.path): at byte \(place): \(reason)")
  }

  private static func kind(_ type: UInt8) -> String {
    switch type {
    case UInt8(ascii: "1"), UInt8(ascii: "2"): "a link, and only files are read"
    case UInt8(ascii: "3"), UInt8(ascii: "4"), UInt8(ascii: "6"): "a device or a pipe, and only files are read"
    case UInt8(ascii: "S"): "a file with holes (GNU's sparse files), which is not read"
    default: "of the kind '\(FileName.text([type]))', which is not read"
    }
  }
}
