import Files
import Foundation

/// numpy's files of one array (`.npy`).
public enum Npy {
  /// Reads an array in C order and little-endian (`f2`, `f4`, `f8`, `u1`, `i4`, `i8`, `b1`) into a tensor on the CPU.
  /// - Throws: `FileError` or `CheckpointError`.
  public static func read(_ url: URL) throws -> Tensor {
    let file = try InputFile(url)
    let (header, start) = try readHeader(file)
    guard let descriptor = header.firstMatch(of: /'descr'\s*:\s*'([^']*)'/)?.1,
      let isFortran = header.firstMatch(of: /'fortran_order'\s*:\s*(True|False)/)?.1,
      let sizes = header.firstMatch(of: /'shape'\s*:\s*\(([0-9, ]*)\)/)?.1
    else { throw CheckpointError(file.path, "not an array of plain numbers", found: header) }
    guard let dtype = dtypes.first(where: { $0.descriptor == descriptor }) else {
      let known = dtypes.map(\.descriptor).joined(separator: ", ")
      throw CheckpointError(file.path, "unsupported element type", expected: known, found: String(descriptor))
    }
    let shape = sizes.split(separator: ",").map { Int($0.trimmingCharacters(in: .whitespaces)) }
    guard !shape.contains(nil), let extent = TensorLayout(shape: shape.compactMap { $0 }).extent else {
      throw CheckpointError(file.path, "an impossible shape", found: "(\(sizes))")
    }
    guard isFortran == "False" || shape.count <= 1 else {
      throw CheckpointError(
        file.path, "the array is in Fortran order; save it with numpy.ascontiguousarray", expected: "C order")
    }
    let bytes = extent * dtype.type.size
    guard bytes == file.size - start else {
      throw CheckpointError(
        file.path, "the file is truncated or damaged", expected: "\(start + bytes) bytes", found: "\(file.size)")
    }
    return try .read(shape: shape.compactMap { $0 }, dtype: dtype.type, key: "array", file: file.path) {
      try file.read(at: start, into: $0)
    }
  }

  /// Writes a tensor from any device and layout, in version 1 of the format and in C order. numpy has no bfloat16.
  /// - Throws: `FileError`, or `CheckpointError` for bfloat16; nothing half-written is left.
  public static func write(_ tensor: Tensor, to url: URL) throws {
    let header = try header(of: tensor, file: url.path)
    try AtomicFile.write(to: url) { file in
      try file.write(header)
      try tensor.to(device: .cpu).contiguous().withUnsafeBytes { try file.write($0) }
    }
  }

  /// The bytes of a file with a tensor.
  /// - Throws: `CheckpointError` for bfloat16.
  public static func data(_ tensor: Tensor) throws -> Data {
    let header = try header(of: tensor, file: "an array")
    return tensor.to(device: .cpu).contiguous().withUnsafeBytes { bytes in
      var data = Data(capacity: header.count + bytes.count)
      data.append(contentsOf: header)
      data.append(bytes.assumingMemoryBound(to: UInt8.self))
      return data
    }
  }

  private static func header(of tensor: Tensor, file: String) throws -> [UInt8] {
    guard let dtype = dtypes.first(where: { $0.type == tensor.dtype }) else {
      throw CheckpointError(file, "numpy has no type for \(tensor.dtype); convert the tensor to float32")
    }
    let shape = tensor.shape
    let sizes = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
    let text = "{'descr': '\(dtype.descriptor)', 'fortran_order': False, 'shape': (\(sizes)), }"
    // The array begins at a multiple of 64 bytes.
    let padding = 63 - (10 + text.utf8.count) % 64
    let header = text + String(repeating: " ", count: padding) + "\n"
    return magic + [1, 0, UInt8(header.utf8.count & 0xFF), UInt8(header.utf8.count >> 8)] + Array(header.utf8)
  }

  private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  private static let dtypes: [(descriptor: String, type: DType)] = [
    ("<f4", .float32), ("<f8", .float64), ("<f2", .float16), ("|u1", .uint8), ("<i4", .int32), ("<i8", .int64),
    ("|b1", .bool),
  ]

  private static func readHeader(_ file: InputFile) throws -> (text: String, end: Int) {
    let start = try file.read(at: 0, count: min(file.size, 12))
    guard start.starts(with: magic), start.count == 12 else {
      throw CheckpointError(file.path, "not a numpy array file (.npy)")
    }
    guard [1, 2, 3].contains(start[6]) else {
      throw CheckpointError(file.path, "unknown version of the format", expected: "1, 2 or 3", found: "\(start[6])")
    }
    // The length takes two bytes in version 1, four in the later ones.
    let begin = start[6] == 1 ? 10 : 12
    let length = start[8..<begin].reversed().reduce(0) { $0 << 8 | Int($1) }
    guard length <= 1 << 16 else { throw CheckpointError(file.path, "a header of \(length) bytes is not plausible") }
    return (String(decoding: try file.read(at: begin, count: length), as: UTF8.self), begin + length)
  }
}
