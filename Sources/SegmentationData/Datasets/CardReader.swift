import SegmentationImage
import Yams

/// Reads the parts of a `FolderCard` from YAML nodes, so that errors name the line.
struct CardReader {
  let path: String
  let top: Node

  init(yaml: String, path: String) throws(DataError) {
    self.path = path
    do {
      guard let node = try Yams.compose(yaml: yaml), node.mapping != nil else {
        throw DataError("\(path): expected keys such as classes, map and splits")
      }
      top = node
    } catch let error as DataError {
      throw error
    } catch {
      throw DataError("\(path): not valid YAML: \("\(error)".split(separator: "\n").joined(separator: " "))")
    }
  }

  func failure(_ node: Node, _ reason: String) -> DataError {
    DataError("\(path)\(node.mark.map { ":\($0.line)" } ?? ""): \(reason)")
  }

  /// Throws where a mapping has other keys.
  func allow(_ keys: [String], in node: Node, _ what: String) throws(DataError) {
    guard let mapping = node.mapping else {
      throw failure(node, "\(what) must have keys (\(keys.joined(separator: ", ")))")
    }
    for (key, _) in mapping where !keys.contains(key.string ?? "") {
      throw failure(key, "unknown key '\(key.string ?? "?")' in \(what); expected \(keys.joined(separator: ", "))")
    }
  }

  /// A text value; nil where the key is missing.
  func string(_ key: String, in node: Node) throws(DataError) -> String? {
    guard let value = node[key] else { return nil }
    guard let text = value.string, !text.isEmpty else { throw failure(value, "'\(key)' must be a text") }
    return text
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
      guard name != "ignored", !classes.contains(where: { $0.name == name }) else {
        throw failure(node, "class '\(name)' \(name == "ignored" ? "is a reserved name" : "is there twice")")
      }
      let color = try required("color", in: node, "class '\(name)'")
      let values = color.sequence?.compactMap { $0.int.flatMap(UInt8.init(exactly:)) } ?? []
      guard values.count == 3, color.sequence?.count == 3 else {
        throw failure(color, "the color of '\(name)' must be three numbers from 0 to 255, such as [128, 64, 128]")
      }
      classes.append(ClassInfo(name, RGB(values[0], values[1], values[2])))
    }
    guard (1...255).contains(classes.count) else {
      throw failure(list, "'classes' must be a list of 1 to 255 classes, found \(classes.count)")
    }
    return classes
  }

  func encoding(classes: [ClassInfo]) throws(DataError) -> LabelEncoding {
    let map = try required("map", in: top, "the card")
    var values: [UInt8: UInt8] = [:]
    var colors: [RGB: UInt8] = [:]
    var other: UInt8?
    for (key, meaning) in map.mapping ?? [:] {
      let name = meaning.string ?? ""
      guard
        let id = name == "ignored" ? LabelSet.ignored : classes.firstIndex(where: { $0.name == name }).map(UInt8.init)
      else {
        throw failure(meaning, "'\(name)' in the map is neither a class nor 'ignored' (\(list(classes.map(\.name))))")
      }
      let text = key.string ?? ""
      if text == "other" {
        other = id
      } else if let value = UInt8(text) {
        values[value] = id
      } else if let color = RGB(hex: text.lowercased()) {
        colors[color] = id
      } else {
        throw failure(
          key, "'\(text)' in the map is neither a value from 0 to 255, a color like \"#804080\" nor 'other'")
      }
    }
    guard values.isEmpty != colors.isEmpty else {
      throw failure(map, "'map' must map raw values or colors to classes, and not both")
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

  func splits() throws(DataError) -> [Split: FolderCard.Source] {
    let node = try required("splits", in: top, "the card")
    try allow(Split.allCases.map(\.rawValue), in: node, "'splits'")
    var splits: [Split: FolderCard.Source] = [:]
    for (key, value) in node.mapping ?? [:] {
      let name = key.string ?? ""
      try allow(["images", "masks", "list"], in: value, "split '\(name)'")
      let (images, masks) = (try string("images", in: value), try string("masks", in: value))
      let source: FolderCard.Source
      switch (images, try string("list", in: value)) {
      case (let images?, nil): source = .folders(images: images, masks: masks)
      case (nil, let list?) where masks == nil: source = .list(list)
      default: throw failure(value, "split '\(name)' needs 'images' (and 'masks'), or 'list'")
      }
      if let split = Split(rawValue: name) { splits[split] = source }
    }
    guard !splits.isEmpty else { throw failure(node, "'splits' is empty") }
    return splits
  }

  private func list(_ names: [String]) -> String {
    names.prefix(12).joined(separator: ", ") + (names.count > 12 ? ", ..." : "")
  }
}
