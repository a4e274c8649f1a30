import Foundation
import ONNX
import Torch

/// Collects the nodes and the constants of an ONNX graph, and gives them names.
struct ONNXBuilder {
  /// The version of ONNX's operators.
  let opset: Int
  /// The module whose operators are being added; names begin with it.
  var module = ""
  private(set) var nodes: [ONNXNode] = []
  private(set) var initializers: [ONNXTensor] = []
  private var counts: [String: Int] = [:]
  private var stored: [SmallConstant: String] = [:]

  /// A constant of a few elements, which is stored once.
  private struct SmallConstant: Hashable {
    let bytes: Data
    let shape: [Int]
    let type: Int
  }

  init(opset: Int) { self.opset = opset }

  /// A name that nothing else has.
  mutating func uniqueName(_ wish: String) -> String {
    let count = counts[wish, default: 0]
    counts[wish] = count + 1
    return count == 0 ? wish : uniqueName("\(wish)_\(count)")
  }

  // MARK: - Nodes

  /// Adds a node with one result and returns the result's name.
  /// - Parameter inputs: The names of the inputs; an empty one leaves an optional input out.
  mutating func emit(_ type: String, _ inputs: [String], _ attributes: [ONNXAttribute] = []) -> String {
    emit(type, inputs, attributes, results: 1)[0]
  }

  /// Adds a node and returns the names of its results.
  mutating func emit(
    _ type: String, _ inputs: [String], _ attributes: [ONNXAttribute] = [], results: Int
  ) -> [String] {
    let name = uniqueName(module.isEmpty ? type : "\(module)/\(type)")
    let outputs = (0..<results).map { uniqueName(results == 1 ? "\(name)_output" : "\(name)_output_\($0)") }
    add(type, name: name, inputs, outputs, attributes)
    return outputs
  }

  /// Adds a node whose result has a given name.
  mutating func emit(_ type: String, _ inputs: [String], _ attributes: [ONNXAttribute] = [], as output: String) {
    add(type, name: uniqueName(type), inputs, [output], attributes)
  }

  private mutating func add(
    _ type: String, name: String, _ inputs: [String], _ outputs: [String], _ attributes: [ONNXAttribute]
  ) {
    nodes.append(
      .with {
        $0.opType = type
        $0.name = name
        $0.input = inputs
        $0.output = outputs
        $0.attribute = attributes
      })
  }

  // MARK: - Constants

  /// Adds a constant with the elements of a tensor.
  mutating func constant(_ tensor: Tensor, named wish: String) -> String {
    let name = uniqueName(wish)
    let dense = withoutGradients { tensor.detached().to(device: .cpu).contiguous() }
    add(dense.withUnsafeBytes { Data($0) }, dense.shape, Self.type(of: dense.dtype), name)
    return name
  }

  /// Adds a constant of bytes with a sign.
  mutating func constant(_ values: [Int8], shape: [Int], named wish: String) -> String {
    let name = uniqueName(wish)
    add(values.withUnsafeBytes { Data($0) }, shape, .int8, name)
    return name
  }

  /// A list of whole numbers.
  mutating func ints(_ values: [Int]) -> String {
    small(values.map { Int64($0).littleEndian }.withUnsafeBytes { Data($0) }, [values.count], .int64, "ints")
  }

  /// One whole number, without dimensions.
  mutating func int(_ value: Int) -> String {
    small(withUnsafeBytes(of: Int64(value).littleEndian) { Data($0) }, [], .int64, "int")
  }

  /// Numbers of a shape.
  mutating func floats(_ values: [Float], shape: [Int]) -> String {
    small(values.withUnsafeBytes { Data($0) }, shape, .float, "floats")
  }

  /// One number, without dimensions.
  mutating func float(_ value: Double) -> String { floats([Float(value)], shape: []) }

  /// Bytes without a sign, of a shape.
  mutating func bytes(_ values: [UInt8], shape: [Int]) -> String { small(Data(values), shape, .uint8, "bytes") }

  private mutating func small(
    _ bytes: Data, _ shape: [Int], _ type: ONNXTensor.ElementType, _ wish: String
  ) -> String {
    let key = SmallConstant(bytes: bytes, shape: shape, type: type.rawValue)
    if let name = stored[key] { return name }
    let name = uniqueName("constant/\(wish)")
    stored[key] = name
    add(bytes, shape, type, name)
    return name
  }

  private mutating func add(_ bytes: Data, _ shape: [Int], _ type: ONNXTensor.ElementType, _ name: String) {
    initializers.append(
      .with {
        $0.name = name
        $0.dims = shape.map(Int64.init)
        $0.dataType = Int32(type.rawValue)
        $0.rawData = bytes
      })
  }

  /// ONNX's element type for libtorch's.
  static func type(of dtype: DType) -> ONNXTensor.ElementType {
    switch dtype {
    case .uint8: .uint8
    case .int32: .int32
    case .int64: .int64
    case .float16: .float16
    case .float32: .float
    case .float64: .double
    case .bool: .bool
    case .bfloat16: .bfloat16
    }
  }
}
