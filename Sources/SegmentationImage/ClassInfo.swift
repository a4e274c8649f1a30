/// One class: its name and the color it is drawn in.
public struct ClassInfo: Codable, Hashable, Sendable {
  /// The name in messages, tables and files.
  public var name: String
  /// The color in pictures and palettes.
  public var color: RGB

  /// Makes a class of a name and a color.
  public init(_ name: String, _ color: RGB) {
    self.name = name
    self.color = color
  }
}
