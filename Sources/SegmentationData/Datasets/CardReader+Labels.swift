import Files
import SegmentationImage
import Yams

/// The classes, and their values or colors in masks.
extension CardReader {
  /// - Parameter base: The set that gives the classes and the map if the card does not.
  func labels(base: LabelSet?) throws(DataError) -> LabelSet {
    let tolerance = try tolerance() ?? base?.tolerance ?? 0
    var labels: LabelSet
    if let base, top["classes"] == nil {
      let encoding = top["map"] == nil ? base.encoding : try encoding(classes: base.classes)
      labels = LabelSet(classes: base.classes, encoding: encoding, tolerance: tolerance)
    } else {
      let classes = try classes()
      labels = LabelSet(classes: classes, encoding: try encoding(classes: classes), tolerance: tolerance)
    }
    if let background = try background(classes: labels.classes) {
      let covered = labels.covering(background)
      if let node = top["background"], covered == labels {
        throw failure(node, "'background' has no effect, because the map covers all values")
      }
      labels = covered
    }
    return labels.merging(try merges(classes: labels.classes))
  }

  private func tolerance() throws(DataError) -> Int? {
    guard let value = top["tolerance"] else { return nil }
    guard let tolerance = number(value.string ?? "", in: 0...255) else {
      throw failure(value, "'tolerance': expected a number from 0 to 255")
    }
    return tolerance
  }

  /// The training id of values and colors that the map does not list: that of `background`, or that of the map's key
  /// `other`, as earlier cards have it.
  private func background(classes: [ClassInfo]) throws(DataError) -> UInt8? {
    let other = top["map"]?["other"]
    guard let node = top["background"] else {
      return try other.map { node throws(DataError) in try id(node, classes, "the map") }
    }
    guard other == nil else { throw failure(node, "'background' and the map's key 'other' mean the same; give one") }
    return try id(node, classes, "'background'")
  }

  /// - Parameter place: The word for the place of the name in messages.
  private func id(_ node: Node, _ classes: [ClassInfo], _ place: String) throws(DataError) -> UInt8 {
    let name = node.string ?? ""
    if name == LabelSet.ignoredName { return LabelSet.ignored }
    if let index = classes.firstIndex(where: { $0.name == name }) { return UInt8(index) }
    throw failure(
      node,
      "'\(name.printable(limit: 80))' in \(place) is neither a class nor 'ignored' (\(list(classes.map(\.name))))")
  }

  private func encoding(classes: [ClassInfo]) throws(DataError) -> LabelEncoding {
    let map = try required("map", in: top, "the card")
    guard map.mapping?.isEmpty == false else {
      throw failure(
        map, "'map' needs keys: raw mask values or colors, each with its class, such as {0: \(classes[0].name)}")
    }
    var values: [UInt16: UInt8] = [:]
    var colors: [RGB: UInt8] = [:]
    for (key, meaning) in map.mapping ?? [:] {
      let id = try id(meaning, classes, "the map")
      let text = key.string ?? ""
      var previous: UInt8?
      if text == "other" {
        continue
      } else if let value = number(text, in: 0...65535) {
        previous = values.updateValue(id, forKey: UInt16(value))
      } else if let color = RGB(hex: text.lowercased()) {
        previous = colors.updateValue(id, forKey: color)
      } else {
        throw failure(
          key,
          "'\(text.printable(limit: 80))' in the map is neither a value from 0 to 65535"
            + (NumberSpelling.isAmbiguous(text) ? " \(NumberSpelling.rule)" : "")
            + " nor a color like \"#804080\"")
      }
      if previous != nil { throw failure(key, "'\(text)' is in the map twice") }
    }
    guard values.isEmpty != colors.isEmpty else {
      throw failure(map, "'map': expected raw values or colors with their classes, not both kinds")
    }
    var used = Set(values.values).union(colors.values)
    if let background = try background(classes: classes) { used.insert(background) }
    if let unused = classes.indices.first(where: { !used.contains(UInt8($0)) }) {
      throw failure(map, "class '\(classes[unused].name)' has no value in the map")
    }
    return values.isEmpty ? .colors(colors) : .values(values)
  }

  /// The new classes of the card, each with the classes that become it.
  private func merges(classes: [ClassInfo]) throws(DataError) -> [(name: String, parts: [String])] {
    guard let node = top["merge"] else { return [] }
    guard let mapping = node.mapping, !mapping.isEmpty else {
      throw failure(
        node, "'merge' needs keys: new classes, each with the classes that become it, such as {vehicle: [car, bus]}")
    }
    var merges: [(name: String, parts: [String])] = []
    var used: Set<String> = []
    for (key, value) in mapping {
      let name = key.string ?? ""
      try check(className: name, key)
      let parts = (value.sequence ?? []).map { $0.string ?? "" }
      guard !name.isEmpty, !parts.isEmpty else {
        throw failure(
          value, "'\(name.printable(limit: 80))' in 'merge': expected a list of classes, such as [car, bus]")
      }
      for part in parts {
        guard classes.contains(where: { $0.name == part }) else {
          throw failure(
            value, "'\(part.printable(limit: 80))' in 'merge' is no class (\(list(classes.map(\.name))))")
        }
        guard used.insert(part).inserted else {
          throw failure(value, "class '\(part)' is in 'merge' twice")
        }
      }
      guard !classes.contains(where: { $0.name == name }) || parts.contains(name) else {
        throw failure(key, "class '\(name)' in 'merge' is there already; name it among the classes that become it")
      }
      merges.append((name, parts))
    }
    let ignored = merges.first { $0.name == LabelSet.ignoredName }?.parts.count ?? 0
    guard ignored < classes.count else { throw failure(node, "'merge' leaves no class") }
    return merges
  }
}
