import SegmentationImage

/// How mask files tell classes: which training id each raw value or color stands for. What is not listed is an error.
public enum LabelEncoding: Hashable, Sendable {
  /// Gray and palette masks: raw value to training id.
  case values([UInt8: UInt8])
  /// RGB (or palette) masks: color to training id, and the id of colors that are not listed, if they are allowed.
  case colors([RGB: UInt8], other: UInt8? = nil)
}
