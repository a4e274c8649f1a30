import Files
import Foundation

/// PyTorch's format before version 1.6: pickles one after another (a magic number, the protocol, the system, the
/// value, the keys of the storages), then the storages.
struct LegacyCheckpoint {
  let file: InputFile

  /// The magic number as a pickle, behind the pickle's own head.
  private static let magic: [UInt8] = [0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E]

  static func matches(_ start: [UInt8]) -> Bool {
    start.first == 0x80 && start.indices.contains { start[$0...].starts(with: magic) }
  }

  func read() throws -> PickleValue {
    let bytes = try file.read(at: 0, count: file.size)
    var position = 0
    func next() throws -> (PickleReader, root: Int) {
      var reader = PickleReader(bytes, at: position, file: file.path)
      let root = try reader.read()
      position = reader.end
      return (reader, root)
    }
    func nextPlain() throws -> PickleValue {
      let (reader, root) = try next()
      var resolver = PickleResolver(graph: reader.graph, file: file.path) { storage in
        throw CheckpointError(file.path, "storage '\(storage.key)' where none belongs")
      }
      return try resolver.resolve(root)
    }

    _ = try next()
    let version = try nextPlain()
    guard version.int == 1001 else {
      throw CheckpointError(file.path, "unknown version of the format", expected: "1001", found: "\(version.int ?? -1)")
    }
    let system = try nextPlain()
    if system["little_endian"]?.bool == false {
      throw CheckpointError(file.path, "unsupported byte order", expected: "little", found: "big")
    }
    let (pickle, root) = try next()
    let keys = try nextPlain()
    let storages = try locate(keys, in: bytes, from: position, described: pickle.storages)
    var resolver = PickleResolver(graph: pickle.graph, file: file.path) { storage in
      guard let range = storages[storage.key] else {
        throw CheckpointError(file.path, "storage '\(storage.key)' is missing")
      }
      return try .read(shape: [range.count], dtype: .uint8, key: storage.key, file: file.path) { buffer in
        bytes[range].withUnsafeBytes { buffer.copyMemory(from: $0) }
      }
    }
    return try resolver.resolve(root)
  }

  /// The offsets of the storages. Each storage begins with its number of elements.
  private func locate(
    _ keys: PickleValue, in bytes: [UInt8], from start: Int, described: [String: PickledStorage]
  ) throws -> [String: Range<Int>] {
    guard let keys = keys.elements?.map(\.string), !keys.contains(nil) else {
      throw CheckpointError(file.path, "the list of storages is damaged", expected: "a list of texts")
    }
    var cursor = ByteCursor(bytes: bytes, position: start, file: file.path)
    var ranges: [String: Range<Int>] = [:]
    for key in keys.compactMap({ $0 }) {
      guard let storage = described[key] else {
        throw CheckpointError(file.path, "storage '\(key)' belongs to no tensor")
      }
      let count = try cursor.length(Int64.self)
      guard count == storage.count else {
        throw CheckpointError(
          file.path, "storage '\(key)' is damaged", expected: "\(storage.count) elements", found: "\(count)")
      }
      ranges[key] = try cursor.take(count * storage.itemSize).indices
    }
    return ranges
  }
}
