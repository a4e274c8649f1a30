import SegmentationImage

/// The training id that each raw value or color in a mask file stands for. A value that is not listed is an error.
public enum LabelEncoding: Hashable, Sendable {
  /// The map from raw value to training id, for gray and palette masks. Values above 255 need masks of 16 bits.
  case values([UInt16: UInt8])
  /// The map from color to training id, for RGB or palette masks, and the id of colors that are not listed, if they are
  /// allowed.
  case colors([RGB: UInt8], other: UInt8? = nil)
}

extension LabelEncoding {
  /// Whether masks hold values above 255.
  var isWide: Bool {
    guard case .values(let map) = self else { return false }
    return map.keys.contains { $0 > 255 }
  }

  /// The same encoding with other training ids.
  func mapped(_ id: (UInt8) -> UInt8) -> LabelEncoding {
    switch self {
    case .values(let map): .values(map.mapValues(id))
    case .colors(let map, let other): .colors(map.mapValues(id), other: other.map(id))
    }
  }

  /// Everything that distinguishes this encoding from others, in one line.
  var text: String {
    func list(_ entries: [(String, UInt8)]) -> String {
      entries.sorted { $0.0 < $1.0 }.map { "\($0.0)=\($0.1)" }.joined(separator: ",")
    }
    switch self {
    case .values(let map): return "values \(list(map.map { ("\($0.key)", $0.value) }))"
    case .colors(let map, let other):
      return "colors \(list(map.map { ($0.key.description, $0.value) })) \(other.map(String.init) ?? "none")"
    }
  }
}
