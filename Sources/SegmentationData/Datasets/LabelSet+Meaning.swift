import SegmentationImage

extension LabelSet {
  /// The training id that a raw value stands for: that of the nearest listed value within the tolerance; `nil` if there
  /// is none, and if masks are in color.
  func id(of value: UInt16) -> UInt8? {
    guard case .values(let map) = encoding else { return nil }
    if let id = map[value] { return id }
    guard tolerance > 0 else { return nil }
    func distance(_ listed: UInt16) -> Int { abs(Int(listed) - Int(value)) }
    let nearest = map.min { (distance($0.key), $0.key) < (distance($1.key), $1.key) }
    return nearest.flatMap { distance($0.key) <= tolerance ? $0.value : nil }
  }

  /// The training id that a color stands for: that of the nearest listed color within the tolerance, or that of colors
  /// that are not listed; `nil` if there is none, and if masks hold raw values.
  func id(of color: RGB) -> UInt8? {
    guard case .colors(let map, let other) = encoding else { return nil }
    if let id = map[color] { return id }
    guard tolerance > 0 else { return other }
    let nearest = map.min { ($0.key.difference(from: color), $0.value) < ($1.key.difference(from: color), $1.value) }
    return nearest.flatMap { $0.key.difference(from: color) <= tolerance ? $0.value : nil } ?? other
  }

  /// Everything that distinguishes the encoding in masks from others, in one line.
  var encodingText: String { encoding.text + toleranceText }

  /// The tolerance in words; empty if there is none.
  var toleranceText: String { tolerance == 0 ? "" : " tolerance \(tolerance)" }

  /// The same set in which all values or colors that stand for no class stand for a training id.
  func covering(_ background: UInt8) -> LabelSet {
    let covered: LabelEncoding =
      switch encoding {
      case .values:
        .values(
          Dictionary(
            uniqueKeysWithValues: (UInt16(0)...(encoding.isWide ? .max : 255)).map { ($0, id(of: $0) ?? background) }))
      case .colors(let map, _): .colors(map, other: background)
      }
    return LabelSet(classes: classes, encoding: covered, tolerance: tolerance)
  }

  /// The same set with some classes merged. A new class takes the place and the color of the first of its parts.
  /// - Parameter merges: The names of new classes, each with the classes that become it. "ignored" stands for pixels
  ///   that do not count. Each class must exist and be in one list.
  func merging(_ merges: [(name: String, parts: [String])]) -> LabelSet {
    var merged: [ClassInfo] = []
    var ids: [UInt8] = []
    for info in classes {
      guard let merge = merges.first(where: { $0.parts.contains(info.name) }) else {
        ids.append(UInt8(merged.count))
        merged.append(info)
        continue
      }
      guard merge.name != Self.ignoredName else {
        ids.append(Self.ignored)
        continue
      }
      let place = merged.firstIndex { $0.name == merge.name } ?? merged.count
      if place == merged.count { merged.append(ClassInfo(merge.name, info.color)) }
      ids.append(UInt8(place))
    }
    return LabelSet(
      classes: merged, encoding: encoding.mapped { Int($0) < ids.count ? ids[Int($0)] : $0 }, tolerance: tolerance)
  }

  /// The word for pixels that do not count, in the place of a class's name.
  static let ignoredName = "ignored"
}

extension RGB {
  /// The greatest difference of a channel.
  func difference(from other: RGB) -> Int {
    max(
      abs(Int(red) - Int(other.red)), abs(Int(green) - Int(other.green)), abs(Int(blue) - Int(other.blue)))
  }

  /// Whether green stands for the whole color: the other channels differ from it by the tolerance at most.
  func isGray(within tolerance: Int) -> Bool { difference(from: RGB(green, green, green)) <= tolerance }
}
