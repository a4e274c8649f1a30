import Files
import SegmentationImage
import Yams

/// Reads the parts of a `FolderCard` from YAML nodes, so that an error names the line.
struct CardReader {
  static let keys = [
    "name", "base", "root", "white", "tolerance", "classes", "map", "background", "merge", "splits",
  ]
  private static let nameLimit = 200

  let path: String
  let top: Node

  init(yaml: String, path: String) throws(DataError) {
    self.path = path
    let node: Node?
    do { node = try YAMLText.node(of: yaml) } catch {
      throw DataError("\(path)\(error.line.map { ":\($0)" } ?? ""): \(error.reason)")
    }
    guard let node, node.mapping != nil else {
      throw DataError("\(path): expected keys such as classes, map and splits")
    }
    top = node
  }

  func failure(_ node: Node, _ reason: String) -> DataError {
    DataError("\(path)\(node.mark.map { ":\($0.line)" } ?? ""): \(reason)")
  }

  /// Makes sure that a mapping has no other keys.
  /// - Parameter what: A word for the mapping in messages.
  func allow(_ keys: [String], in node: Node, _ what: String) throws(DataError) {
    guard let mapping = node.mapping else {
      throw failure(node, "\(what) needs keys: \(keys.joined(separator: ", "))")
    }
    for (key, _) in mapping where !keys.contains(key.string ?? "") {
      throw failure(
        key,
        "unknown key '\((key.string ?? "?").printable(limit: 80))' in \(what); expected \(keys.joined(separator: ", "))"
      )
    }
  }

  /// A text; `nil` if the key is absent.
  func string(_ key: String, in node: Node) throws(DataError) -> String? {
    guard let value = node[key] else { return nil }
    guard value.null == nil, let text = value.string, !text.isEmpty else {
      throw failure(value, "'\(key)': expected text")
    }
    guard !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
      throw failure(value, "'\(key)' has a control character in it: '\(text.printable(limit: 80))'")
    }
    return text
  }

  func required(_ key: String, in node: Node, _ what: String) throws(DataError) -> Node {
    guard let value = node[key] else { throw failure(node, "\(what) lacks '\(key)'") }
    return value
  }

  /// Makes sure that a text can name a class.
  func check(className name: String, _ node: Node) throws(DataError) {
    guard !name.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
      throw failure(node, "the class name '\(name.printable(limit: 80))' has a control character in it")
    }
    guard name.unicodeScalars.count <= Self.nameLimit, name.first != " ", name.last != " " else {
      throw failure(
        node,
        "the class name '\(name.printable(limit: 80))' must have at most \(Self.nameLimit) characters and no blanks at "
          + "its ends")
    }
  }

  func classes() throws(DataError) -> [ClassInfo] {
    let list = try required("classes", in: top, "the card")
    var classes: [ClassInfo] = []
    for node in list.sequence ?? [] {
      try allow(["name", "color"], in: node, "a class")
      guard let name = try string("name", in: node) else { throw failure(node, "a class lacks 'name'") }
      try check(className: name, node)
      guard name != LabelSet.ignoredName, !classes.contains(where: { $0.name == name }) else {
        throw failure(node, "class '\(name)' \(name == LabelSet.ignoredName ? "is a reserved name" : "is there twice")")
      }
      let color = try required("color", in: node, "class '\(name)'")
      let values = color.sequence?.compactMap { byte($0.string ?? "") } ?? []
      guard values.count == 3, color.sequence?.count == 3 else {
        throw failure(
          color,
          "the color of '\(name)' must be three numbers from 0 to 255, such as [128, 64, 128]"
            + (color.sequence?.contains { NumberSpelling.isAmbiguous($0.string ?? "") } == true
              ? ", \(NumberSpelling.rule)" : ""))
      }
      classes.append(ClassInfo(name, RGB(values[0], values[1], values[2])))
    }
    guard (1...255).contains(classes.count) else {
      throw failure(list, "'classes': expected a list of 1 to 255 classes, found \(classes.count)")
    }
    return classes
  }

  /// The value that stands for white in images of 16 bits; `nil` if the card does not say it.
  func white() throws(DataError) -> Int? {
    guard let value = top["white"] else { return nil }
    guard let white = number(value.string ?? "", in: 1...65535) else {
      throw failure(value, "'white': expected a number from 1 to 65535, such as 4095")
    }
    return white
  }

  /// The data set that gives what the card leaves out; `nil` if the card names none.
  func base() throws(DataError) -> FolderCard? {
    guard let node = top["base"], let name = try string("base", in: top) else { return nil }
    if let card = try FolderCard.named(name) { return card }
    throw failure(node, "'base': unknown data set '\(name.printable(limit: 80))'; \(FolderCard.advice(on: name))")
  }

  /// A number in plain digits; `nil` for any other text and for a number out of range.
  func number(_ text: String, in range: ClosedRange<Int>) -> Int? {
    guard !NumberSpelling.isAmbiguous(text), let number = Int(text), range.contains(number) else { return nil }
    return number
  }

  private func byte(_ text: String) -> UInt8? { number(text, in: 0...255).map { UInt8($0) } }

  func list(_ names: [String]) -> String {
    names.prefix(12).joined(separator: ", ") + (names.count > 12 ? ", ..." : "")
  }
}
