/// Up to 256 colors, one for each value of a mask.
public struct Palette: Hashable, Sendable {
  /// The colors of the values 0, 1, 2, ...
  public let colors: [RGB]

  /// Takes the first 256 of `colors`.
  public init(_ colors: [RGB]) {
    self.colors = Array(colors.prefix(256))
  }

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
