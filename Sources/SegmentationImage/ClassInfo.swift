/// A class: its name and the color in which it is drawn.
public struct ClassInfo: Codable, Hashable, Sendable {
  /// The name in reports and cards.
  public var name: String
  /// The color in pictures of labels and predictions.
  public var color: RGB

  /// Creates a class from its name and color.
  public init(_ name: String, _ color: RGB) {
    self.name = name
    self.color = color
  }
}
