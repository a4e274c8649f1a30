import ONNX
import Torch

/// The element types of ONNX files that can be read.
///
/// Numbers with a fraction become float32. Whole numbers become int32 or int64, which hold all values of the narrower
/// types.
enum ElementType: Int32, Sendable {
  case float32 = 1
  case uint8 = 2
  case int8 = 3
  case uint16 = 4
  case int16 = 5
  case int32 = 6
  case int64 = 7
  case bool = 9
  case float16 = 10
  case float64 = 11
  case uint32 = 12
  case uint64 = 13
  case bfloat16 = 16

  /// The type of a tensor of the file.
  /// - Throws: `ExchangeError` for a type that cannot be read.
  init(_ number: Int32) throws(ExchangeError) {
    guard let type = ElementType(rawValue: number) else {
      let name = ONNXTensor.ElementType(rawValue: Int(number)).map { "\($0)" } ?? "\(number)"
      throw ExchangeError("the element type \(name) cannot be read")
    }
    self = type
  }

  /// The type that an element has after an operator of libtorch.
  init(_ dtype: DType) {
    switch dtype {
    case .uint8: self = .uint8
    case .int32: self = .int32
    case .int64: self = .int64
    case .bool: self = .bool
    case .float16, .bfloat16, .float32, .float64: self = .float32
    }
  }

  /// The type in which elements are held here.
  var dtype: DType {
    switch self {
    case .float32, .float16, .float64, .bfloat16: .float32
    case .uint8, .int8, .uint16, .int16, .int32: .int32
    case .int64, .uint32, .uint64: .int64
    case .bool: .bool
    }
  }

  var isFloatingPoint: Bool { dtype == .float32 }

  /// The size of an element in a file, in bytes.
  var size: Int {
    switch self {
    case .uint8, .int8, .bool: 1
    case .uint16, .int16, .float16, .bfloat16: 2
    case .float32, .int32, .uint32: 4
    case .int64, .uint64, .float64: 8
    }
  }

  /// The whole numbers that 8 bits hold; `nil` for other types.
  var byteRange: ClosedRange<Int>? {
    switch self {
    case .uint8: 0...255
    case .int8: -128...127
    default: nil
    }
  }
}
