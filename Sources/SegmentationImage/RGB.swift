/// A color with 8 bits for each of red, green and blue. Its coded form is `[red, green, blue]`.
public struct RGB: Hashable, Sendable {
  /// The share of red, from 0 to 255.
  public var red: UInt8
  /// The share of green, from 0 to 255.
  public var green: UInt8
  /// The share of blue, from 0 to 255.
  public var blue: UInt8

  /// Makes a color of its three shares, from 0 to 255.
  public init(_ red: UInt8, _ green: UInt8, _ blue: UInt8) {
    self.red = red
    self.green = green
    self.blue = blue
  }

  /// Black, whose three shares are 0.
  public static let black = RGB(0, 0, 0)
}

extension RGB: CustomStringConvertible {
  /// The color as "#rrggbb".
  public var description: String {
    let digits = String(Int(red) << 16 | Int(green) << 8 | Int(blue), radix: 16)
    return "#" + String(repeating: "0", count: 6 - digits.count) + digits
  }

  /// Reads "#rrggbb"; nil for anything else.
  public init?(hex: String) {
    guard hex.count == 7, hex.first == "#", hex.dropFirst().allSatisfy(\.isHexDigit),
      let bits = UInt32(hex.dropFirst(), radix: 16)
    else { return nil }
    self.init(UInt8(bits >> 16), UInt8(bits >> 8 & 255), UInt8(bits & 255))
  }
}

extension RGB: Codable {
  /// Reads a list of three numbers from 0 to 255: red, green and blue.
  public init(from decoder: any Decoder) throws {
    var values = try decoder.unkeyedContainer()
    self.init(try values.decode(UInt8.self), try values.decode(UInt8.self), try values.decode(UInt8.self))
    guard values.isAtEnd else {
      throw DecodingError.dataCorruptedError(in: values, debugDescription: "a color has three values")
    }
  }

  /// Writes a list of three numbers: red, green and blue.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.unkeyedContainer()
    try values.encode(red)
    try values.encode(green)
    try values.encode(blue)
  }
}
