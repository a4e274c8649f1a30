import Torch

extension Graph {
  /// One number for each window of a map. Windows may reach over the lower and right border as far as the result's size
  /// says.
  ///
  /// A max pooling may have a second result of the same shape, the positions of the largest values in the input's plane.
  package struct Pool: OperatorPayload {
    /// The number that is taken of a window.
    package enum Kind: Hashable, Sendable {
      case max
      /// The mean; `countsPadding` tells whether zeros of the padding count.
      case average(countsPadding: Bool)
    }

    package var input: ValueID
    package var kind: Kind
    package var kernel: IntPair
    package var stride: IntPair
    package var padding: IntPair = 0
    /// Other than 1 for max poolings only.
    package var dilation: IntPair = 1

    mutating func visit(_ body: (inout ValueID) -> Void) { body(&input) }
  }

  /// One number for each cell of a grid of the result's size.
  package struct AdaptivePool: OperatorPayload {
    /// The number that is taken of a cell.
    package enum Kind: Hashable, Sendable { case max, average }

    package var input: ValueID
    package var kind: Kind

    mutating func visit(_ body: (inout ValueID) -> Void) { body(&input) }
  }

  /// A map of the result's size that has the input's values at their positions, and zeros elsewhere.
  package struct Unpool: OperatorPayload {
    package var input: ValueID
    /// The positions from a max pooling.
    package var positions: ValueID

    mutating func visit(_ body: (inout ValueID) -> Void) {
      body(&input)
      body(&positions)
    }
  }
}
