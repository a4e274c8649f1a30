import Files
import SegmentationImage
import Yams

/// Reads the parts of a `FolderCard` from YAML nodes, so that an error names the line.
struct CardReader {
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

  /// The files that a folder's path, or a mapping with `folder`, `prefix` and `suffix`, stands for; `nil` if the key is
  /// absent.
  private func pattern(_ key: String, in node: Node) throws(DataError) -> NamePattern? {
    guard let value = node[key] else { return nil }
    guard value.mapping != nil else {
      guard let folder = try string(key, in: node) else { return nil }
      return NamePattern(folder: folder)
    }
    try allow(["folder", "prefix", "suffix"], in: value, "'\(key)'")
    guard let folder = try string("folder", in: value) else { throw failure(value, "'\(key)' lacks 'folder'") }
    let (prefix, suffix) = (try string("prefix", in: value) ?? "", try string("suffix", in: value) ?? "")
    guard !prefix.contains("/"), !suffix.contains("/") else {
      throw failure(value, "'prefix' and 'suffix' of '\(key)' are parts of a file's name, without '/'")
    }
    return NamePattern(folder: folder, prefix: prefix, suffix: suffix)
  }

  private func required(_ key: String, in node: Node, _ what: String) throws(DataError) -> Node {
    guard let value = node[key] else { throw failure(node, "\(what) lacks '\(key)'") }
    return value
  }

  func classes() throws(DataError) -> [ClassInfo] {
    let list = try required("classes", in: top, "the card")
    var classes: [ClassInfo] = []
    for node in list.sequence ?? [] {
      try allow(["name", "color"], in: node, "a class")
      guard let name = try string("name", in: node) else { throw failure(node, "a class lacks 'name'") }
      guard name.unicodeScalars.count <= Self.nameLimit, name.first != " ", name.last != " " else {
        throw failure(
          node,
          "the class name '\(name.printable(limit: 80))' must have at most \(Self.nameLimit) characters and no "
            + "blanks at its ends")
      }
      guard name != "ignored", !classes.contains(where: { $0.name == name }) else {
        throw failure(node, "class '\(name)' \(name == "ignored" ? "is a reserved name" : "is there twice")")
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

  func encoding(classes: [ClassInfo]) throws(DataError) -> LabelEncoding {
    let map = try required("map", in: top, "the card")
    guard map.mapping?.isEmpty == false else {
      throw failure(
        map, "'map' needs keys: raw mask values or colors, each with its class, such as {0: \(classes[0].name)}")
    }
    var values: [UInt8: UInt8] = [:]
    var colors: [RGB: UInt8] = [:]
    var other: UInt8?
    for (key, meaning) in map.mapping ?? [:] {
      let name = meaning.string ?? ""
      guard
        let id = name == "ignored" ? LabelSet.ignored : classes.firstIndex(where: { $0.name == name }).map(UInt8.init)
      else {
        throw failure(
          meaning,
          "'\(name.printable(limit: 80))' in the map is neither a class nor 'ignored' (\(list(classes.map(\.name))))")
      }
      let text = key.string ?? ""
      var previous: UInt8?
      if text == "other" {
        other = id
      } else if let value = byte(text) {
        previous = values.updateValue(id, forKey: value)
      } else if let color = RGB(hex: text.lowercased()) {
        previous = colors.updateValue(id, forKey: color)
      } else {
        throw failure(
          key,
          "'\(text.printable(limit: 80))' in the map is neither a value from 0 to 255"
            + (NumberSpelling.isAmbiguous(text) ? " \(NumberSpelling.rule)" : "")
            + ", a color like \"#804080\" nor 'other'")
      }
      if previous != nil { throw failure(key, "'\(text)' is in the map twice") }
    }
    guard values.isEmpty != colors.isEmpty else {
      throw failure(map, "'map': expected raw values or colors with their classes, not both kinds")
    }
    let used = Set(values.values).union(colors.values).union(other.map { [$0] } ?? [])
    if let unused = classes.indices.first(where: { !used.contains(UInt8($0)) }) {
      throw failure(map, "class '\(classes[unused].name)' has no value in the map")
    }
    guard values.isEmpty else {
      if let other { values.merge((UInt8(0)...255).map { ($0, other) }) { listed, _ in listed } }
      return .values(values)
    }
    return .colors(colors, other: other)
  }

  /// The value that stands for white in images of 16 bits; `nil` if the card does not say it.
  func white() throws(DataError) -> Int? {
    guard let value = top["white"] else { return nil }
    let text = value.string ?? ""
    guard !NumberSpelling.isAmbiguous(text), let white = Int(text), (1...65535).contains(white) else {
      throw failure(value, "'white': expected a number from 1 to 65535, such as 4095")
    }
    return white
  }

  func splits() throws(DataError) -> [Split: FolderCard.Source] {
    let node = try required("splits", in: top, "the card")
    try allow(Split.allCases.map(\.rawValue), in: node, "'splits'")
    var splits: [Split: FolderCard.Source] = [:]
    for (key, value) in node.mapping ?? [:] {
      let name = key.string ?? ""
      try allow(["images", "masks", "list", "recursive"], in: value, "split '\(name)'")
      let (images, masks) = (try pattern("images", in: value), try pattern("masks", in: value))
      var isRecursive: Bool?
      if let node = value["recursive"] {
        guard let flag = node.bool else { throw failure(node, "'recursive': expected true or false") }
        isRecursive = flag
      }
      let source: FolderCard.Source
      switch (images, try string("list", in: value)) {
      case (let images?, let list?) where isRecursive == nil:
        source = .folders(images: images, masks: masks, list: list)
      case (let images?, nil): source = .folders(images: images, masks: masks, isRecursive: isRecursive ?? false)
      case (nil, let list?) where masks == nil && isRecursive == nil: source = .list(list)
      default:
        throw failure(
          value, "split '\(name)' needs 'images' (with 'masks', and 'list' or 'recursive' if wanted), or 'list' alone")
      }
      if let split = Split(rawValue: name) { splits[split] = source }
    }
    guard !splits.isEmpty else { throw failure(node, "'splits' is empty") }
    return splits
  }

  /// A number from 0 to 255, written in plain digits; `nil` for any other text.
  private func byte(_ text: String) -> UInt8? { NumberSpelling.isAmbiguous(text) ? nil : UInt8(text) }

  private func list(_ names: [String]) -> String {
    names.prefix(12).joined(separator: ", ") + (names.count > 12 ? ", ..." : "")
  }
}
