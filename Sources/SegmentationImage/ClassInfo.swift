/// One class: its name and the color it is drawn in.
public struct ClassInfo: Codable, Hashable, Sendable {
  public var name: String
  public var color: RGB

  public init(_ name: String, _ color: RGB) {
    self.name = name
    self.color = color
  }
}
