import Torch

extension Graph {
  /// One number over all elements along some axes.
  package struct Reduce: OperatorPayload {
    /// The number that is taken; `norm` is the square root of the sum of squares.
    package enum Kind: String, Sendable { case mean, largest, sum, norm }

    package var input: ValueID
    package var kind: Kind
    /// The axes, in rising order.
    package var axes: [Int]
    /// Whether the axes stay, with size 1.
    package var keepsAxes: Bool

    mutating func visit(_ body: (inout ValueID) -> Void) { body(&input) }
  }

  /// left · right over the last two dimensions; the dimensions before them broadcast, as in PyTorch's `matmul`.
  package struct MatrixProduct: OperatorPayload {
    package var left: ValueID
    package var right: ValueID
    /// Whether the last two dimensions of the left tensor are exchanged before.
    package var transposesLeft = false
    /// Whether the last two dimensions of the right tensor are exchanged before.
    package var transposesRight = false

    mutating func visit(_ body: (inout ValueID) -> Void) {
      body(&left)
      body(&right)
    }
  }

  /// exp(x) divided by its sum along an axis.
  package struct Softmax: OperatorPayload {
    package var input: ValueID
    package var axis: Int

    mutating func visit(_ body: (inout ValueID) -> Void) { body(&input) }
  }

  /// Normalization to mean 0 and variance 1 over the last dimensions, then scale and shift.
  package struct LayerNorm: OperatorPayload {
    package var input: ValueID
    /// The number of dimensions that are normalized together, from the last on.
    package var dimensions: Int
    /// A constant of the shape of those dimensions.
    package var scale: ValueID?
    /// A constant of the shape of those dimensions.
    package var shift: ValueID?
    package var epsilon: Double

    mutating func visit(_ body: (inout ValueID) -> Void) {
      body(&input)
      visitOptional(&scale, body)
      visitOptional(&shift, body)
    }
  }

  /// Normalization to mean 0 and variance 1 over each group of channels and all pixels, then scale and shift.
  package struct GroupNorm: OperatorPayload {
    package var input: ValueID
    package var groups: Int
    /// A constant with one element per channel.
    package var scale: ValueID?
    /// A constant with one element per channel.
    package var shift: ValueID?
    package var epsilon: Double

    mutating func visit(_ body: (inout ValueID) -> Void) {
      body(&input)
      visitOptional(&scale, body)
      visitOptional(&shift, body)
    }
  }
}
