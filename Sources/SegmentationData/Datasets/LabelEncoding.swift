import SegmentationImage

/// How mask files tell classes: which training id each raw value or color stands for. What is not listed is an error.
public enum LabelEncoding: Hashable, Sendable {
  /// Gray and palette masks: raw value to training id.
  case values([UInt8: UInt8])
  /// RGB (or palette) masks: color to training id, and the id of colors that are not listed, if they are allowed.
  case colors([RGB: UInt8], other: UInt8? = nil)
}

extension LabelEncoding {
  /// All that tells one encoding from another, in one line.
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
