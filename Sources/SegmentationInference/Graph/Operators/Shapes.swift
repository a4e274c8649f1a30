extension Graph {
  /// The input's elements, in their row-major NCHW order, in the result's shape.
  package struct Reshape: OperatorPayload {
    package var input: ValueID

    mutating func visit(_ body: (inout ValueID) -> Void) { body(&input) }
  }

  /// A tensor whose axis i is the input's axis order[i].
  package struct Permute: OperatorPayload {
    package var input: ValueID
    package var order: [Int]

    mutating func visit(_ body: (inout ValueID) -> Void) { body(&input) }
  }

  /// The part of a tensor that begins at `offset` along an axis and is as long as the result.
  package struct Slice: OperatorPayload {
    package var input: ValueID
    package var axis: Int
    package var offset: Int

    mutating func visit(_ body: (inout ValueID) -> Void) { body(&input) }
  }

  /// Tensors one after the other along an axis.
  package struct Concatenate: OperatorPayload {
    package var inputs: [ValueID]
    package var axis: Int

    mutating func visit(_ body: (inout ValueID) -> Void) { for index in inputs.indices { body(&inputs[index]) } }
  }

  /// The input within a larger tensor that is filled with one number.
  package struct Pad: OperatorPayload {
    package var input: ValueID
    /// For each axis, the number of elements before the input; negative if some of the input is cut off. The result's
    /// shape tells how many come after it.
    package var before: [Int]
    package var value: Double

    mutating func visit(_ body: (inout ValueID) -> Void) { body(&input) }
  }
}
