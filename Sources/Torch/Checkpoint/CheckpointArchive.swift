import Files

/// PyTorch's present format: a zip archive of a pickle and of the storages that it refers to, none of them compressed.
struct CheckpointArchive {
  private let file: InputFile
  private let directory: ZipDirectory
  /// The folder that all records are in.
  private let folder: String

  init(_ file: InputFile) throws {
    self.file = file
    directory = try ZipDirectory(file)
    let names = directory.records.map(\.name)
    if let kind = ForeignFile.ofArchive(names) { throw kind.error(file.path) }
    let pickles = names.filter { $0.hasSuffix("/data.pkl") && $0.count(where: { $0 == "/" }) == 1 }
    guard pickles.count == 1 else {
      throw CheckpointError(file.path, "a zip archive that is no checkpoint: no data.pkl")
    }
    folder = String(pickles[0].dropLast("data.pkl".count))
    var rest = file.size
    let areApart = directory.records.allSatisfy { record in
      guard record.isPlain, (0...rest).contains(record.size) else { return false }
      rest -= record.size
      return true
    }
    guard areApart else {
      throw CheckpointError(
        file.path, "records that are compressed or overlap, which PyTorch does not write; save it again with torch.save"
      )
    }
  }

  static func matches(_ start: [UInt8]) -> Bool { start.starts(with: [0x50, 0x4B, 0x03, 0x04]) }

  func read() throws -> PickleValue {
    if let record = directory[folder + "byteorder"] {
      let order = record.size <= 16 ? String(decoding: try bytes(of: record), as: UTF8.self) : "unknown"
      guard order == "little" else {
        throw CheckpointError(file.path, "unsupported byte order", expected: "little", found: order)
      }
    }
    var pickle = PickleReader(try bytes(of: directory[folder + "data.pkl"]!), file: file.path)
    let root = try pickle.read()
    var resolver = PickleResolver(graph: pickle.graph, file: file.path, load: load)
    return try resolver.resolve(root)
  }

  private func load(_ storage: PickledStorage) throws -> Tensor {
    let name = "data/\(storage.key)"
    guard let record = directory[folder + name] else {
      throw CheckpointError(file.path, "the record \(name) is missing")
    }
    guard storage.count * storage.itemSize <= record.size else {
      throw CheckpointError(
        file.path, "the record \(name) is too small", expected: "\(storage.count * storage.itemSize) bytes",
        found: "\(record.size)")
    }
    let offset = try directory.dataOffset(of: record)
    return try .read(shape: [record.size], dtype: .uint8, key: name, file: file.path) {
      try file.read(at: offset, into: $0)
    }
  }

  private func bytes(of record: ZipDirectory.Record) throws -> [UInt8] {
    try file.read(at: try directory.dataOffset(of: record), count: record.size)
  }
}
