import Files
import Foundation
import ONNX
import Torch

/// Reads the tensors of an ONNX file, also those whose elements lie in other files of its folder.
struct TensorReader {
  /// The folder of the ONNX file; `nil` if the file lies in memory, which then can have no external data.
  let folder: String?

  /// A tensor's elements, in the type that `ElementType` says.
  /// - Throws: `ExchangeError` for wrong lengths and for external data that may not be read, `FileError` if a file cannot
  ///   be read.
  func read(_ tensor: ONNXTensor) throws -> (tensor: Tensor, type: ElementType) {
    let type = try ElementType(tensor.dataType)
    let shape = try tensor.dims.map { dimension in
      guard let size = Int(exactly: dimension) else { throw ExchangeError("a dimension is \(dimension)") }
      return size
    }
    let count = try ImportLimits.count(shape)
    if tensor.dataLocation == .external {
      return (try decode(external(tensor, bytes: count * type.size), type, shape, count), type)
    }
    if !tensor.rawData.isEmpty || count == 0 {
      return (try decode([UInt8](tensor.rawData), type, shape, count), type)
    }
    return (try typed(tensor, type, shape, count), type)
  }

  // MARK: - Elements in fields

  private func typed(_ tensor: ONNXTensor, _ type: ElementType, _ shape: [Int], _ count: Int) throws -> Tensor {
    func check(_ found: Int) throws(ExchangeError) {
      guard found == count else { throw ExchangeError("it has \(found) elements, expected \(count)") }
    }
    switch type {
    case .float32:
      try check(tensor.floatData.count)
      return Tensor(tensor.floatData, shape: shape)
    case .float64:
      try check(tensor.doubleData.count)
      return Tensor(tensor.doubleData.map { Float($0) }, shape: shape)
    case .int64:
      try check(tensor.int64Data.count)
      return Tensor(tensor.int64Data, shape: shape)
    case .uint32, .uint64:
      try check(tensor.uint64Data.count)
      return Tensor(tensor.uint64Data.map { Int64(clamping: $0) }, shape: shape)
    case .uint8, .int8, .uint16, .int16, .int32:
      try check(tensor.int32Data.count)
      return Tensor(tensor.int32Data, shape: shape)
    case .bool:
      try check(tensor.int32Data.count)
      return Tensor(tensor.int32Data, shape: shape).to(dtype: .bool)
    case .float16, .bfloat16:
      try check(tensor.int32Data.count)
      let bits = tensor.int32Data.map { UInt16(truncatingIfNeeded: $0) }
      return bits.withUnsafeBytes { decodeHalves($0, type, shape) }
    }
  }

  // MARK: - Elements as bytes

  private func decode(_ bytes: [UInt8], _ type: ElementType, _ shape: [Int], _ count: Int) throws -> Tensor {
    guard bytes.count == count * type.size else {
      throw ExchangeError("it has \(bytes.count) bytes, expected \(count * type.size)")
    }
    return bytes.withUnsafeBytes { bytes in
      switch type {
      case .float32, .int32, .int64, .float64, .bool:
        let dtype: DType =
          switch type {
          case .float64: .float64
          case .bool: .uint8
          default: type.dtype
          }
        return Tensor(bytes: bytes, shape: shape, dtype: dtype).to(dtype: type.dtype)
      case .float16, .bfloat16: return decodeHalves(bytes, type, shape)
      case .uint8: return Tensor(bytes: bytes, shape: shape, dtype: .uint8).to(dtype: .int32)
      case .int8: return Tensor(bytes.map { Int32(Int8(bitPattern: $0)) }, shape: shape)
      case .uint16: return Tensor(elements(bytes, UInt16.self, count).map { Int32($0) }, shape: shape)
      case .int16: return Tensor(elements(bytes, Int16.self, count).map { Int32($0) }, shape: shape)
      case .uint32: return Tensor(elements(bytes, UInt32.self, count).map { Int64($0) }, shape: shape)
      case .uint64: return Tensor(elements(bytes, UInt64.self, count).map { Int64(clamping: $0) }, shape: shape)
      }
    }
  }

  private func decodeHalves(_ bytes: UnsafeRawBufferPointer, _ type: ElementType, _ shape: [Int]) -> Tensor {
    Tensor(bytes: bytes, shape: shape, dtype: type == .float16 ? .float16 : .bfloat16).to(dtype: .float32)
  }

  private func elements<Element: BitwiseCopyable>(
    _ bytes: UnsafeRawBufferPointer, _ type: Element.Type, _ count: Int
  ) -> [Element] {
    (0..<count).map { bytes.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Element>.size, as: Element.self) }
  }

  // MARK: - Elements in other files

  /// The bytes of a tensor in a file beside the ONNX file.
  private func external(_ tensor: ONNXTensor, bytes: Int) throws -> [UInt8] {
    var entries: [String: String] = [:]
    for entry in tensor.externalData { entries[entry.key] = entry.value }
    let location = entries["location"] ?? ""
    guard let folder else { throw ExchangeError("its elements lie in another file, \(location.printable())") }
    func number(_ key: String, or standard: Int) throws(ExchangeError) -> Int {
      guard let text = entries[key] else { return standard }
      guard let value = Int(text), value >= 0 else {
        throw ExchangeError("its \(key) in another file is \(text.printable())")
      }
      return value
    }
    let offset = try number("offset", or: 0)
    let length = try number("length", or: bytes)
    guard length == bytes else { throw ExchangeError("it has \(length) bytes, expected \(bytes)") }
    return try InputFile(place(of: location, in: folder)).read(at: offset, count: length)
  }

  /// The path of a file in a folder. Nothing that a file says may lead out of its folder.
  private func place(of location: String, in folder: String) throws -> String {
    let parts = location.split(separator: "/", omittingEmptySubsequences: false)
    let isPlain = parts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
    guard !location.isEmpty, isPlain, !location.utf8.contains(0), !location.contains("\\") else {
      throw ExchangeError(
        "its elements lie in \(location.printable()), expected a file in the folder of the ONNX file")
    }
    let path = "\(folder)/\(location)"
    let (whole, inside) = (URL(filePath: folder), URL(filePath: path))
    let (root, target) = (
      whole.resolvingSymlinksInPath().standardizedFileURL.path,
      inside.resolvingSymlinksInPath().standardizedFileURL.path
    )
    guard target.hasPrefix(root.hasSuffix("/") ? root : root + "/") else {
      throw ExchangeError("its elements lie in \(location.printable()), a link that leads out of the folder")
    }
    return path
  }
}
