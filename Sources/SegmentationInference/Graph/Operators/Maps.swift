import Torch

extension Graph {
  /// A map of another size: the result's. If there is an operand, it is activation(resized operator operand).
  package struct Resize: OperatorPayload {
    /// How numbers between pixels are found.
    package enum Mode: Hashable, Sendable {
      case nearest
      case bilinear(alignCorners: Bool)
      /// By cubic polynomials with a = -0.75. The pass `expandCubicResizing` turns it into products with matrices.
      case bicubic(alignCorners: Bool)
      /// By cubic polynomials with a = -0.5, which are widened along an axis that becomes shorter. The same pass turns it
      /// into products.
      case antialiasedBicubic
    }

    /// A map of the result's shape that the resized map is added to or multiplied with.
    package struct Operand: Hashable {
      /// `.add` or `.multiply`.
      package var `operator`: BinaryOperator
      package var value: ValueID
    }

    package var input: ValueID
    package var mode: Mode
    package var operand: Operand?
    /// The function that is applied after the operand; without an operand it is the identity.
    package var activation = Activation.identity

    mutating func visit(_ body: (inout ValueID) -> Void) {
      body(&input)
      if var operand {
        body(&operand.value)
        self.operand = operand
      }
      activation.visit(body)
    }
  }

  /// The class with the largest score at each pixel: scores [N, classes, H, W] to classes [N, height, width] of the
  /// result's element type, uint8 or int32. If the result has another size than the scores, they are resized
  /// bilinearly before.
  package struct ClassMap: OperatorPayload {
    package var input: ValueID
    package var alignCorners = false

    mutating func visit(_ body: (inout ValueID) -> Void) { body(&input) }
  }

  /// Channels of two maps of one shape taken alternately: first 0, second 0, first 1, second 1, ...
  package struct Shuffle: OperatorPayload {
    package var first: ValueID
    package var second: ValueID
    /// A map [1, C, 1, 1] that the second map is multiplied with before.
    package var scale: ValueID?

    mutating func visit(_ body: (inout ValueID) -> Void) {
      body(&first)
      body(&second)
      visitOptional(&scale, body)
    }
  }

  /// A map whose channel i is the input's channel order[i].
  package struct PermuteChannels: OperatorPayload {
    package var input: ValueID
    package var order: [Int]

    mutating func visit(_ body: (inout ValueID) -> Void) { body(&input) }
  }

  /// [N, C · factor², H, W] to [N, C, H · factor, W · factor], as PyTorch's `pixel_shuffle`.
  package struct PixelShuffle: OperatorPayload {
    package var input: ValueID
    package var factor: Int

    mutating func visit(_ body: (inout ValueID) -> Void) { body(&input) }
  }
}
