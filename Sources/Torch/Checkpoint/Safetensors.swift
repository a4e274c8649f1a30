import Files
import Foundation

/// Files in the safetensors format: named tensors and nothing that could run.
public enum Safetensors {
  /// Reads all tensors, to the CPU and in the order of their data, and the file's metadata.
  /// - Throws: `FileError` or `CheckpointError`.
  public static func read(_ url: URL) throws -> (tensors: StateDictionary, metadata: [String: String]) {
    let file = try InputFile(url)
    let (header, start) = try readHeader(file)
    var tensors = StateDictionary()
    var position = 0
    for (key, entry) in header.entries.sorted(by: precedes) {
      func refuse(_ problem: String, expected: String? = nil, found: String? = nil) -> CheckpointError {
        CheckpointError(file.path, key: key, problem, expected: expected, found: found)
      }
      guard let dtype = dtypes[entry.dtype] else {
        throw refuse(
          "unsupported element type", expected: dtypes.keys.sorted().joined(separator: ", "), found: entry.dtype)
      }
      guard entry.offsets.count == 2, let begin = entry.offsets.first, begin == position else {
        throw refuse(
          "data overlaps or leaves a gap", expected: "data from byte \(position)", found: "\(entry.offsets)")
      }
      let count = entry.offsets[1].subtractingReportingOverflow(begin)
      guard !count.overflow, count.partialValue >= 0, entry.offsets[1] <= file.size - start else {
        throw refuse(
          "data lies outside the file", expected: "at most byte \(file.size - start)", found: "\(entry.offsets)")
      }
      let bytes = TensorLayout(shape: entry.shape).extent.map { $0 * dtype.size }
      guard bytes == count.partialValue else {
        throw refuse(
          "data does not fit the shape \(describe(entry.shape)) of \(entry.dtype)",
          expected: bytes.map { "\($0) bytes" } ?? "a possible shape", found: "\(count.partialValue) bytes")
      }
      tensors[key] = try .read(shape: entry.shape, dtype: dtype, key: key, file: file.path) {
        try file.read(at: start + begin, into: $0)
      }
      position = entry.offsets[1]
    }
    guard position == file.size - start else {
      throw CheckpointError(
        file.path, "data that belongs to no tensor", expected: "\(start + position) bytes", found: "\(file.size)")
    }
    return (tensors, header.metadata)
  }

  /// Writes tensors from any device and layout. Wider element types come first, so that reading is aligned; among equal
  /// ones the order stays.
  /// - Throws: `FileError`; nothing half-written is left.
  static func write(_ state: StateDictionary, to url: URL, metadata: [String: String]) throws {
    let entries = state.entries.enumerated().sorted {
      (-$0.element.tensor.dtype.size, $0.offset) < (-$1.element.tensor.dtype.size, $1.offset)
    }.map(\.element)
    var header = Header(metadata: metadata)
    var position = 0
    for (name, tensor) in entries {
      let end = position + tensor.count * tensor.dtype.size
      let dtype = dtypes.first { $0.value == tensor.dtype }!.key
      header.entries[name] = Entry(dtype: dtype, shape: tensor.shape, offsets: [position, end])
      position = end
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var text = try encoder.encode(header)
    text.append(contentsOf: [UInt8](repeating: UInt8(ascii: " "), count: -text.count & 7))
    try AtomicFile.write(to: url) { file in
      try withUnsafeBytes(of: UInt64(text.count).littleEndian) { try file.write($0) }
      try file.write(text)
      for (_, tensor) in entries {
        try tensor.to(device: .cpu).contiguous().withUnsafeBytes { try file.write($0) }
      }
    }
  }

  /// Whether a file begins as this format does.
  static func matches(_ start: [UInt8], fileSize: Int) -> Bool {
    start.count >= 9 && start[8] == UInt8(ascii: "{") && headerLength(start) <= fileSize - 8
  }

  private static let dtypes: [String: DType] = [
    "F64": .float64, "F32": .float32, "F16": .float16, "BF16": .bfloat16,
    "I64": .int64, "I32": .int32, "U8": .uint8, "BOOL": .bool,
  ]

  /// The largest header that the format itself allows.
  private static let longestHeader = 100_000_000

  private static func headerLength(_ start: [UInt8]) -> UInt64 {
    start[..<8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  private static func readHeader(_ file: InputFile) throws -> (header: Header, dataStart: Int) {
    guard file.size >= 8 else {
      throw CheckpointError(file.path, "not a safetensors file", expected: "at least 8 bytes", found: "\(file.size)")
    }
    let length = headerLength(try file.read(at: 0, count: 8))
    guard length <= min(file.size - 8, longestHeader) else {
      throw CheckpointError(
        file.path, "not a safetensors file, or a truncated one",
        expected: "a header of at most \(min(file.size - 8, longestHeader)) bytes", found: "\(length)")
    }
    do {
      let text = try file.read(at: 8, count: Int(length))
      return (try JSONDecoder().decode(Header.self, from: Data(text)), 8 + Int(length))
    } catch let error as DecodingError {
      throw CheckpointError(file.path, "the safetensors header is not as specified (\(error.place))")
    }
  }
}

extension StateDictionary {
  /// Reads a safetensors file.
  /// - Throws: `FileError` or `CheckpointError`.
  public init(safetensors url: URL) throws { self = try Safetensors.read(url).tensors }

  /// Writes a safetensors file.
  /// - Parameter metadata: Texts of one's own, by name.
  /// - Throws: `FileError`; nothing half-written is left.
  public func writeSafetensors(to url: URL, metadata: [String: String] = [:]) throws {
    try Safetensors.write(self, to: url, metadata: metadata)
  }
}

private struct Entry: Codable {
  let dtype: String
  let shape: [Int]
  let offsets: [Int]

  enum CodingKeys: String, CodingKey {
    case dtype, shape
    case offsets = "data_offsets"
  }

}

/// The order of the data. Wrong numbers of offsets are refused later.
private func precedes(_ a: (key: String, value: Entry), _ b: (key: String, value: Entry)) -> Bool {
  (a.value.offsets.first ?? 0, a.value.offsets.last ?? 0, a.key)
    < (b.value.offsets.first ?? 0, b.value.offsets.last ?? 0, b.key)
}

private struct Header: Codable {
  var metadata: [String: String]
  var entries: [String: Entry] = [:]

  private static let metadataKey = "__metadata__"

  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  init(metadata: [String: String]) { self.metadata = metadata }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    metadata = [:]
    for key in container.allKeys {
      if key.stringValue == Header.metadataKey {
        metadata = try container.decode([String: String].self, forKey: key)
      } else {
        entries[key.stringValue] = try container.decode(Entry.self, forKey: key)
      }
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    if !metadata.isEmpty { try container.encode(metadata, forKey: Key(stringValue: Header.metadataKey)) }
    for (name, entry) in entries { try container.encode(entry, forKey: Key(stringValue: name)) }
  }
}

extension DecodingError {
  /// The part of the text that is wrong.
  fileprivate var place: String {
    let path: [any CodingKey]
    switch self {
    case .keyNotFound(let key, let context): path = context.codingPath + [key]
    case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
      path = context.codingPath
    @unknown default: path = []
    }
    return path.isEmpty ? "no JSON dictionary" : "at " + path.map(\.stringValue).joined(separator: " / ")
  }
}
