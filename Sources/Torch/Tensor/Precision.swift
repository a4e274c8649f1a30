/// The type of the numbers that a network computes in.
public enum Precision: String, Sendable, CaseIterable, Codable {
  /// 32 bits: the type in which weights are stored and trained.
  case float32
  /// 16 bits with the range of float32 and 8 bits of accuracy.
  case bfloat16
  /// 16 bits with a small range and 11 bits of accuracy, for GPUs.
  case float16
  /// 8 bits, for inference on the CPU. The scales of the numbers are learned from example images.
  case int8

  /// Reads the name of a case. `off`, the word of earlier configuration files for no mixed precision, is float32.
  public init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    let text = try value.decode(String.self)
    guard let precision = Precision(rawValue: text == "off" ? Precision.float32.rawValue : text) else {
      throw DecodingError.dataCorruptedError(
        in: value, debugDescription: "expected float32, bfloat16, float16 or int8, found '\(text)'")
    }
    self = precision
  }

  /// The type for `autocast`, in which libtorch computes the operations that gain by it; nil for float32. It is nil for
  /// int8 too, which libtorch does not compute in.
  public var mixed: DType? {
    switch self {
    case .float32, .int8: nil
    case .bfloat16: .bfloat16
    case .float16: .float16
    }
  }

  /// libtorch's type; nil for int8, which libtorch does not compute in.
  package var dtype: DType? { self == .float32 ? .float32 : mixed }

  /// The bytes of a number.
  package var size: Int { self == .int8 ? 1 : dtype!.size }
}
