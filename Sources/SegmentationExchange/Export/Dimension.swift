import SegmentationInference

/// The length of one dimension of a tensor, for images of any size.
enum Dimension: Equatable {
  /// The same length for all images.
  case constant(Int)
  /// The length of a dimension of another tensor.
  case size(of: Graph.ValueID, axis: Int)
  /// (multiplier · n + offset) / divisor without the fraction, where n is the length of a dimension of the network's input.
  case fraction(axis: Int, multiplier: Int, offset: Int, divisor: Int)
}
