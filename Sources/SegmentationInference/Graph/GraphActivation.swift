import Torch

extension Graph {
  /// A function of single elements that is applied to a node's result. The names and parameters are PyTorch's.
  package enum Activation: Hashable, Sendable {
    /// The element itself.
    case identity
    /// max(x, 0).
    case relu
    /// min(max(x, lower), upper); a bound may be infinite.
    case clamp(lower: Double, upper: Double)
    /// x for positive elements, slope · x for others.
    case leakyReLU(slope: Double)
    /// Leaky ReLU whose slope is a constant with one element or one element per channel.
    case prelu(slope: ValueID)
    /// x for positive elements, alpha · (exp(x) - 1) for others.
    case elu(alpha: Double)
    /// ELU with the fixed scale and alpha of self-normalizing networks.
    case selu
    /// x · Φ(x) with the normal distribution Φ, or the approximation of it by tanh.
    case gelu(tanhApproximation: Bool)
    /// 1 / (1 + exp(-x)).
    case sigmoid
    /// min(max(x / 6 + 0.5, 0), 1).
    case hardsigmoid
    /// x · sigmoid(x).
    case silu
    /// x · hardsigmoid(x).
    case hardswish
    /// The hyperbolic tangent.
    case tanh
  }
}

extension Graph.Activation {
  /// Calls `body` with the slopes of PReLU.
  mutating func visit(_ body: (inout Graph.ValueID) -> Void) {
    guard case .prelu(var slope) = self else { return }
    body(&slope)
    self = .prelu(slope: slope)
  }
}

// MARK: - From libtorch's operators

extension Graph.Activation {
  /// The activation function that one of libtorch's operators applies to its first argument; `nil` if it is no
  /// activation.
  init?(_ node: Graph.LibtorchCall, in graph: Graph) {
    switch node.name {
    case "relu": self = .relu
    case "relu6": self = .clamp(lower: 0, upper: 6)
    case "hardtanh": self = .clamp(lower: node.number("min_val") ?? -1, upper: node.number("max_val") ?? 1)
    case "clamp" where node.value("min") == nil && node.value("max") == nil:
      self = .clamp(lower: node.number("min") ?? -.infinity, upper: node.number("max") ?? .infinity)
    case "clamp_min" where node.number("min") != nil: self = .clamp(lower: node.number("min")!, upper: .infinity)
    case "leaky_relu": self = .leakyReLU(slope: node.number("negative_slope") ?? 0.01)
    case "prelu":
      guard let slope = node.value("weight"), graph[slope].constant != nil else { return nil }
      self = .prelu(slope: slope)
    case "elu":
      guard (node.number("scale") ?? 1) == 1, (node.number("input_scale") ?? 1) == 1 else { return nil }
      self = .elu(alpha: node.number("alpha") ?? 1)
    case "selu": self = .selu
    case "gelu": self = .gelu(tanhApproximation: node.string("approximate") == "tanh")
    case "sigmoid": self = .sigmoid
    case "hardsigmoid": self = .hardsigmoid
    case "silu": self = .silu
    case "hardswish": self = .hardswish
    case "tanh": self = .tanh
    default: return nil
    }
  }

  /// Whether the function is the same for every channel.
  func isUniform(in graph: Graph) -> Bool {
    if case .prelu(let slope) = self { graph[slope].count == 1 } else { true }
  }
}
