/// Height and width in pixels. Written and coded as "HxW"; one number stands for a square, a list
/// [height, width] is read too.
public struct ImageSize: Hashable, Sendable {
  public var height: Int
  public var width: Int

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
  public var description: String { "\(height)x\(width)" }

  /// Reads "HxW" or "N" for NxN; nil where a side is missing, not a number or below 1.
  public init?(_ text: String) {
    let sides = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
    guard sides.count <= 2, let height = sides.first, let width = sides.last, height > 0, width > 0 else { return nil }
    self.init(height: height, width: width)
  }
}

extension ImageSize: Codable {
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

  public func encode(to encoder: any Encoder) throws {
    var value = encoder.singleValueContainer()
    try value.encode(description)
  }
}
