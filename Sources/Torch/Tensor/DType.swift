/// The type of a tensor's elements.
public enum DType: Int32, Sendable, CaseIterable, Codable {
  /// Whole numbers from 0 to 255: pixels, and quantized values.
  case uint8 = 0
  /// Whole numbers of 32 bits.
  case int32 = 3
  /// Whole numbers of 64 bits: labels and indices.
  case int64 = 4
  /// Numbers of 16 bits, 10 of them for the fraction; the largest one is 65504.
  case float16 = 5
  /// Numbers of 32 bits, the usual type of weights.
  case float32 = 6
  /// Numbers of 64 bits.
  case float64 = 7
  /// Truth values, one byte each.
  case bool = 11
  /// Numbers of 16 bits with the range of float32 and 7 bits for the fraction.
  case bfloat16 = 15

  /// Bytes an element takes.
  public var size: Int {
    switch self {
    case .uint8, .bool: 1
    case .float16, .bfloat16: 2
    case .int32, .float32: 4
    case .int64, .float64: 8
    }
  }

  /// Whether elements are floating-point numbers.
  public var isFloatingPoint: Bool {
    switch self {
    case .float16, .bfloat16, .float32, .float64: true
    case .uint8, .int32, .int64, .bool: false
    }
  }
}

/// A Swift type that stands for a tensor's elements, bit for bit.
public protocol TensorElement: Sendable {
  /// The element type with the same bits.
  static var dtype: DType { get }
}

extension UInt8: TensorElement {
  /// The type of its bits: `uint8`.
  public static var dtype: DType { .uint8 }
}

extension Int32: TensorElement {
  /// The type of its bits: `int32`.
  public static var dtype: DType { .int32 }
}

extension Int64: TensorElement {
  /// The type of its bits: `int64`.
  public static var dtype: DType { .int64 }
}

extension Int: TensorElement {
  /// The type of its bits: `int64`.
  public static var dtype: DType { .int64 }
}

extension Float: TensorElement {
  /// The type of its bits: `float32`.
  public static var dtype: DType { .float32 }
}

extension Double: TensorElement {
  /// The type of its bits: `float64`.
  public static var dtype: DType { .float64 }
}

extension Bool: TensorElement {
  /// The type of its bits: `bool`.
  public static var dtype: DType { .bool }
}
