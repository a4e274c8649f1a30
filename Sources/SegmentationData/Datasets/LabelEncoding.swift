import SegmentationImage

/// The training id that each raw value or color in a mask file stands for. A value that is not listed is an error.
public enum LabelEncoding: Hashable, Sendable {
  /// The map from raw value to training id, for gray and palette masks.
  case values([UInt8: UInt8])
  /// The map from color to training id, for RGB or palette masks, and the id of colors that are not listed, if they are
  /// allowed.
  case colors([RGB: UInt8], other: UInt8? = nil)
}

extension LabelEncoding {
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
