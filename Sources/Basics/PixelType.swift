/// The type of the values of images' pixels.
public enum PixelType: String, Codable, CaseIterable, Sendable {
  /// Whole numbers of 8 bits.
  case uint8
  /// Whole numbers of 16 bits.
  case uint16
  /// Numbers as a file has them, whatever their type is there.
  case float32

  /// The value that is 1 on the scale of means and standard deviations. For `float32` they are in the file's own unit.
  public var white: Double {
    switch self {
    case .uint8: 255
    case .uint16: 65535
    case .float32: 1
    }
  }
}
