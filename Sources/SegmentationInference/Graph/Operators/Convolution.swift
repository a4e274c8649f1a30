import Torch

extension Graph {
  /// A convolution, its bias, the addition of another map and an activation.
  package struct Convolution: OperatorPayload {
    /// The map that is convolved.
    package var input: ValueID
    /// The weights: [out, in / groups, height, width]; of a transposed convolution [in, out / groups, height, width].
    package var weight: ValueID
    /// One number per channel of the result.
    package var bias: ValueID?
    package var stride: IntPair = 1
    /// The rows of zeros above the input and the columns of zeros to its left. The result's size tells how many there
    /// are below and to the right, and of a transposed convolution how many rows and columns more than usual it makes.
    package var padding: IntPair = 0
    package var dilation: IntPair = 1
    package var groups = 1
    package var isTransposed = false
    package var residual = Residual.none
    package var activation = Activation.identity

    mutating func visit(_ body: (inout ValueID) -> Void) {
      body(&input)
      body(&weight)
      visitOptional(&bias, body)
      residual.visit(body)
      activation.visit(body)
    }
  }

  /// A map that a convolution adds to its result, which has the result's shape.
  package enum Residual: Hashable {
    /// activation(convolution).
    case none
    /// activation(convolution + residual).
    case before(ValueID)
    /// activation(convolution) + residual.
    case after(ValueID)

    /// The map that is added.
    package var value: ValueID? {
      switch self {
      case .none: nil
      case .before(let id), .after(let id): id
      }
    }

    mutating func visit(_ body: (inout ValueID) -> Void) {
      switch self {
      case .none: break
      case .before(var id):
        body(&id)
        self = .before(id)
      case .after(var id):
        body(&id)
        self = .after(id)
      }
    }
  }

  /// A linear layer over the last dimension: input · weightᵀ + bias.
  package struct Linear: OperatorPayload {
    /// A tensor [..., in].
    package var input: ValueID
    /// The weights, [out, in].
    package var weight: ValueID
    /// One number per output.
    package var bias: ValueID?
    package var activation = Activation.identity

    mutating func visit(_ body: (inout ValueID) -> Void) {
      body(&input)
      body(&weight)
      visitOptional(&bias, body)
      activation.visit(body)
    }
  }
}

/// Calls `body` with a value if there is one.
func visitOptional(_ id: inout Graph.ValueID?, _ body: (inout Graph.ValueID) -> Void) {
  guard var value = id else { return }
  body(&value)
  id = value
}
