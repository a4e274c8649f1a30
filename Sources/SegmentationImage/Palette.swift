/// Up to 256 colors, one for each value of a mask.
public struct Palette: Hashable, Sendable {
  /// The colors of the values 0, 1, 2, ...
  public let colors: [RGB]

  /// Takes the first 256 of `colors`.
  public init(_ colors: [RGB]) {
    self.colors = Array(colors.prefix(256))
  }

  /// 256 colors that differ from each other, black first: those of PASCAL VOC, for classes that have no colors of their
  /// own.
  public static let distinct = Palette(
    (0...255).map { value in
      // The bits of the value, three at a time, are those of red, green and blue, the most significant ones first.
      func channel(_ first: Int) -> UInt8 {
        UInt8(
          (0..<8).reduce(0) { sum, place in
            let bit = 3 * place + first
            return bit < 8 ? sum | ((value >> bit) & 1) << (7 - place) : sum
          })
      }
      return RGB(channel(0), channel(1), channel(2))
    })

  /// The color of a value; black if the palette has none for it.
  public subscript(value: UInt8) -> RGB {
    Int(value) < colors.count ? colors[Int(value)] : .black
  }

  /// All 256 colors as 768 bytes; values for which the palette has none are black.
  package var bytes: [UInt8] {
    (0...255).flatMap { value in
      let color = self[UInt8(value)]
      return [color.red, color.green, color.blue]
    }
  }
}
