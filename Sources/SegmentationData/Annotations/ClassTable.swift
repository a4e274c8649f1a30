import Files
import SegmentationImage

/// The classes of an import, found by their labels.
struct ClassTable {
  /// The most classes that a mask of 8 bits can have beside the value for ignored pixels.
  static let limit = 255

  private(set) var classes: [ClassInfo] = []
  private var numbers: [String: UInt8] = [:]
  private var ignored: Set<String>

  /// - Parameter ignored: Labels whose pixels shall not count.
  init(ignored: Set<String> = []) { self.ignored = ignored }

  /// - Parameter names: In the order of the classes' numbers.
  init(names: [String], colors: [RGB]? = nil, ignored: Set<String> = []) throws {
    self.init(ignored: ignored)
    for (index, name) in names.enumerated() { try add(name, colors.flatMap { index < $0.count ? $0[index] : nil }) }
  }

  /// The number of a label; `LabelSet.ignored` for pixels that shall not count; nil for a label that is not known.
  subscript(label: String) -> UInt8? { ignored.contains(label) ? LabelSet.ignored : numbers[label] }

  /// Adds a class unless it is there, and returns its number.
  /// - Parameter color: Nil for the next one of those that differ from each other.
  @discardableResult
  mutating func add(_ name: String, _ color: RGB? = nil) throws -> UInt8 {
    if let number = numbers[name] { return number }
    guard classes.count < Self.limit else {
      throw DataError("there are more than \(Self.limit) classes, which masks of 8 bits cannot hold")
    }
    let hasControl = name.unicodeScalars.contains { $0.properties.generalCategory == .control }
    guard !name.isEmpty, name.unicodeScalars.count <= 200, !hasControl, name.first != " ", name.last != " " else {
      throw DataError(
        "the label '\(name.printable(limit: 80))' cannot be a class's name: expected 1 to 200 characters without "
          + "control characters, and no blanks at the ends")
    }
    guard name != "ignored" else {
      throw DataError("the label 'ignored' cannot be a class's name, since cards use it for pixels that do not count")
    }
    let number = UInt8(classes.count)
    // The first one of the distinct colors is black, which suits a background.
    classes.append(ClassInfo(name, color ?? Palette.distinct[number]))
    numbers[name] = number
    return number
  }

  /// The class of pixels that no shape covers, added if it is not there; nil if they are ignored.
  mutating func background(_ choice: ImportOptions.Background, usual: String) throws -> UInt8? {
    switch choice {
    case .ignored: nil
    case .usual: try add(usual)
    case .class(let name): try add(name)
    }
  }
}
