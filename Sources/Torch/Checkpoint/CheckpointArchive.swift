import CTorch
import Files
import Foundation

/// PyTorch's present format: a zip archive of a pickle and the storages it refers to.
final class CheckpointArchive {
  private let file: InputFile
  private let reader: ct_archive_reader
  /// What was read of the file; more than its size would mean compressed or overlapping records.
  private var used = 0

  init(_ file: InputFile) throws {
    self.file = file
    var reader: ct_archive_reader?
    guard ct_archive_open(file.path, &reader), let reader else {
      throw CheckpointError(
        file.path,
        "the file is truncated or damaged: not a zip archive as PyTorch writes it (\(TorchError.last.reason))")
    }
    self.reader = reader
  }

  deinit { ct_archive_close(reader) }

  static func matches(_ start: [UInt8]) -> Bool { start.starts(with: [0x50, 0x4B, 0x03, 0x04]) }

  func read() throws -> PickleValue {
    if try has("byteorder") {
      let order = try size(of: "byteorder") <= 16 ? String(decoding: record("byteorder"), as: UTF8.self) : "unknown"
      guard order == "little" else {
        throw CheckpointError(file.path, "unsupported byte order", expected: "little", found: order)
      }
    }
    guard try has("data.pkl") else {
      throw CheckpointError(file.path, "a zip archive that is no checkpoint: no data.pkl")
    }
    var pickle = PickleReader(try record("data.pkl"), file: file.path)
    let root = try pickle.read()
    var resolver = PickleResolver(graph: pickle.graph, file: file.path, load: load)
    return try resolver.resolve(root)
  }

  private func load(_ storage: PickledStorage) throws -> Tensor {
    let name = "data/\(storage.key)"
    guard try has(name) else { throw CheckpointError(file.path, "the record \(name) is missing") }
    let size = try size(of: name)
    guard storage.count * storage.itemSize <= size else {
      throw CheckpointError(
        file.path, "the record \(name) is too small", expected: "\(storage.count * storage.itemSize) bytes",
        found: "\(size)")
    }
    return try .read(shape: [size], dtype: .uint8, key: name, file: file.path) { try read(name, into: $0) }
  }

  private func has(_ name: String) throws -> Bool {
    var found = false
    return ct_archive_has(reader, name, &found) && found
  }

  private func size(of name: String) throws -> Int {
    var size = 0
    guard ct_archive_record_size(reader, name, &size) else { throw damaged(name) }
    used = used.addingReportingOverflow(max(size, 0)).partialValue
    guard size >= 0, used >= 0, used <= file.size else {
      throw CheckpointError(file.path, "records that are compressed or overlap, which PyTorch does not write")
    }
    return size
  }

  private func record(_ name: String) throws -> [UInt8] {
    let size = try size(of: name)
    return try [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      try read(name, into: UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: size))
      count = size
    }
  }

  private func read(_ name: String, into buffer: UnsafeMutableRawBufferPointer) throws {
    guard buffer.count > 0 else { return }
    guard ct_archive_read(reader, name, buffer.baseAddress, buffer.count) else { throw damaged(name) }
  }

  private func damaged(_ name: String) -> CheckpointError {
    CheckpointError(file.path, "the record \(name) is damaged (\(TorchError.last.reason))")
  }
}

extension TorchError {
  /// The first sentence of libtorch's words, without the place in its source.
  fileprivate var reason: String {
    let message = description.components(separatedBy: "] . ").last ?? description
    return message.components(separatedBy: ". ").first ?? message
  }
}
