/// A height and a width in pixels. The written and coded form is "HxW". One number stands for a square, and a list
/// [height, width] is read too.
public struct ImageSize: Hashable, Sendable {
  /// The number of rows.
  public var height: Int
  /// The number of columns.
  public var width: Int

  /// Makes a size of a number of rows and a number of columns.
  public init(height: Int, width: Int) {
    self.height = height
    self.width = width
  }

  /// The number of pixels.
  public var area: Int { height * width }

  /// The height, then the width.
  package var sides: [Int] { [height, width] }
}

extension ImageSize: LosslessStringConvertible {
  /// The size as "HxW", such as "512x1024".
  public var description: String { "\(height)x\(width)" }

  /// Reads "HxW", or "N" for NxN; nil if a side is missing, is not a number or is below 1.
  public init?(_ text: String) {
    let sides = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
    guard sides.count <= 2, let height = sides.first, let width = sides.last, height > 0, width > 0 else { return nil }
    self.init(height: height, width: width)
  }
}

extension ImageSize: Codable {
  /// Reads "HxW", one number for a square, or a list of height and width.
  public init(from decoder: any Decoder) throws {
    if var sides = try? decoder.unkeyedContainer() {
      let (height, width) = (try sides.decode(Int.self), try sides.decode(Int.self))
      guard sides.isAtEnd, height > 0, width > 0 else {
        throw DecodingError.dataCorruptedError(
          in: sides, debugDescription: "a size has two sides above 0, height first, such as [512, 1024]")
      }
      self.init(height: height, width: width)
      return
    }
    let value = try decoder.singleValueContainer()
    let text = try (try? value.decode(Int.self)).map(String.init) ?? value.decode(String.self)
    guard let size = ImageSize(text) else {
      throw DecodingError.dataCorruptedError(
        in: value, debugDescription: "a size is written HEIGHTxWIDTH, such as 512x1024; found '\(text)'")
    }
    self = size
  }

  /// Writes "HxW".
  public func encode(to encoder: any Encoder) throws {
    var value = encoder.singleValueContainer()
    try value.encode(description)
  }
}
