import Foundation
import ONNX

/// A check that an ONNX file can be read and that its nodes fit together.
struct ONNXStructure {
  private let model: ONNXModel

  /// - Throws: `ExchangeError` if the bytes are no ONNX file.
  init(reading file: Data) throws(ExchangeError) {
    do { model = try ONNXModel(serializedBytes: file) } catch {
      throw ExchangeError("the ONNX file that was made cannot be read again: \(error)")
    }
  }

  /// - Throws: `ExchangeError` for a name that is read before it is made or made twice, a constant of another size than
  ///   its shape, or a result that nothing makes.
  func check() throws(ExchangeError) {
    let graph = model.graph
    var made: Set<String> = []
    func make(_ name: String) throws(ExchangeError) {
      if !made.insert(name).inserted { throw ExchangeError("the ONNX file that was made has the name \(name) twice") }
    }
    for input in graph.input { try make(input.name) }
    for tensor in graph.initializer {
      try make(tensor.name)
      guard let width = Self.width(tensor.dataType),
        tensor.dims.reduce(Int64(width), *) == Int64(tensor.rawData.count)
      else { throw ExchangeError("the ONNX file that was made has a constant of a wrong size: \(tensor.name)") }
    }
    for node in graph.node {
      for name in node.input where !name.isEmpty && !made.contains(name) {
        throw ExchangeError("the ONNX file that was made reads \(name) before it is there: \(node.name)")
      }
      for name in node.output { try make(name) }
    }
    for output in graph.output where !made.contains(output.name) {
      throw ExchangeError("the ONNX file that was made lacks its result \(output.name)")
    }
  }

  /// The bytes of an element of the types that are written.
  private static func width(_ type: Int32) -> Int? {
    switch ONNXTensor.ElementType(rawValue: Int(type)) {
    case .uint8, .int8, .bool: 1
    case .float16, .bfloat16: 2
    case .float, .int32: 4
    case .int64, .double: 8
    default: nil
    }
  }
}
