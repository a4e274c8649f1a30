import Torch

extension Graph {
  /// activation(scale · input + shift).
  package struct Affine: OperatorPayload {
    /// A tensor [N, C, ...].
    package var input: ValueID
    /// A constant of one element, or of one element per channel.
    package var scale: ValueID
    /// A constant of one element, or of one element per channel.
    package var shift: ValueID
    package var activation = Activation.identity

    mutating func visit(_ body: (inout ValueID) -> Void) {
      body(&input)
      body(&scale)
      body(&shift)
      activation.visit(body)
    }
  }

  /// activation(input).
  package struct Unary: OperatorPayload {
    package var input: ValueID
    package var activation: Activation

    mutating func visit(_ body: (inout ValueID) -> Void) {
      body(&input)
      activation.visit(body)
    }
  }

  /// The result of `Binary` for two numbers.
  package enum BinaryOperator: String, Sendable {
    case add, subtract, multiply, divide
  }

  /// activation(left operator right), where tensors broadcast.
  package struct Binary: OperatorPayload {
    package var `operator`: BinaryOperator
    package var left: ValueID
    package var right: ValueID
    package var activation = Activation.identity

    mutating func visit(_ body: (inout ValueID) -> Void) {
      body(&left)
      body(&right)
      activation.visit(body)
    }
  }

  /// Bytes for a map of numbers, by the quantization of the result.
  package struct Quantize: OperatorPayload {
    package var input: ValueID

    package init(input: ValueID) { self.input = input }

    mutating func visit(_ body: (inout ValueID) -> Void) { body(&input) }
  }

  /// Numbers for a map of bytes, by the quantization of the input.
  package struct Dequantize: OperatorPayload {
    package var input: ValueID

    package init(input: ValueID) { self.input = input }

    mutating func visit(_ body: (inout ValueID) -> Void) { body(&input) }
  }

  /// The numbers that bytes stand for: (byte - zero) · scale.
  package struct Quantization: Hashable, Sendable {
    package var scale: Float
    package var zero: Int32

    package init(scale: Float, zero: Int32) { (self.scale, self.zero) = (scale, zero) }
  }
}
