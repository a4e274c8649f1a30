import Torch

extension Graph {
  /// A function of single elements that is applied to a node's result. The names and parameters are PyTorch's.
  public enum Activation: Hashable, Sendable {
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

// MARK: - In nodes

extension Graph.Activation {
  fileprivate var name: String {
    switch self {
    case .identity: "identity"
    case .relu: "relu"
    case .clamp: "clamp"
    case .leakyReLU: "leaky_relu"
    case .prelu: "prelu"
    case .elu: "elu"
    case .selu: "selu"
    case .gelu(let tanh): tanh ? "gelu_tanh" : "gelu"
    case .sigmoid: "sigmoid"
    case .hardsigmoid: "hardsigmoid"
    case .silu: "silu"
    case .hardswish: "hardswish"
    case .tanh: "tanh"
    }
  }

  fileprivate var parameters: [Double] {
    switch self {
    case .clamp(let lower, let upper): [lower, upper]
    case .leakyReLU(let value), .elu(let value): [value]
    default: []
    }
  }
}

extension Graph.Node {
  /// The function applied to the result of a node that has a `NodeKind`.
  public var activation: Graph.Activation {
    get {
      let parameters = doubles("activation_parameters") ?? []
      switch string("activation") {
      case "relu": return .relu
      case "clamp": return .clamp(lower: parameters[0], upper: parameters[1])
      case "leaky_relu": return .leakyReLU(slope: parameters[0])
      case "prelu": return .prelu(slope: value("slope")!)
      case "elu": return .elu(alpha: parameters[0])
      case "selu": return .selu
      case "gelu": return .gelu(tanhApproximation: false)
      case "gelu_tanh": return .gelu(tanhApproximation: true)
      case "sigmoid": return .sigmoid
      case "hardsigmoid": return .hardsigmoid
      case "silu": return .silu
      case "hardswish": return .hardswish
      case "tanh": return .tanh
      default: return .identity
      }
    }
    set {
      self["activation"] = .string(newValue.name)
      self["activation_parameters"] = .doubles(newValue.parameters)
      if case .prelu(let slope) = newValue { self["slope"] = .value(slope) }
    }
  }
}

// MARK: - From libtorch's operators

extension Graph.Activation {
  /// The activation function that one of libtorch's operators applies to its first argument; `nil` if it is no
  /// activation.
  init?(_ node: Graph.Node, in graph: Graph) {
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
