/// An activation chosen by name. PReLU's slope has the key "activation.weight".
public final class Activation: Module, Layer {
  /// The function, by PyTorch's name; `none` returns its input.
  public enum Kind: String, Sendable, CaseIterable, Codable {
    /// max(0, x).
    case relu
    /// max(0, x), at most 6.
    case relu6
    /// x, times 0.01 below 0.
    case leakyReLU = "leaky_relu"
    /// x, times a learned slope below 0.
    case prelu
    /// x, and exp(x) - 1 below 0.
    case elu
    /// The scaled exponential linear unit (<https://arxiv.org/abs/1706.02515>).
    case selu
    /// x times the normal distribution's cumulative function of x.
    case gelu
    /// x · sigmoid(x), which is also called swish.
    case silu
    /// x · (x / 6 + 1 / 2), with the factor limited to 0 to 1.
    case hardswish
    /// x, limited to -1 to 1.
    case hardtanh
    /// 1 / (1 + exp(-x)).
    case sigmoid
    /// The hyperbolic tangent.
    case tanh
    /// x itself.
    case none
  }

  let kind: Kind
  let activation: PReLU?
  let inPlace: Bool

  /// - Parameter inPlace: Whether a ReLU or ReLU6 may overwrite its input, which is right only if nothing else reads
  ///   it.
  public init(_ kind: Kind, inPlace: Bool = false) {
    self.kind = kind
    self.inPlace = inPlace
    activation = kind == .prelu ? PReLU() : nil
  }

  /// The range that values are clamped to, for the activations that do nothing else.
  var clamp: (low: Double, high: Double)? {
    switch kind {
    case .relu: (0, .infinity)
    case .relu6: (0, 6)
    default: nil
    }
  }

  /// Applies the function to each element; the shape stays.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    switch kind {
    case .relu:
      guard inPlace else { return x.relu() }
      x.reluInPlace()
      return x
    case .relu6:
      guard inPlace else { return x.hardtanh(0, 6) }
      x.hardtanhInPlace(0, 6)
      return x
    case .leakyReLU: return x.leakyReLU()
    case .prelu: return activation!(x)
    case .elu: return x.elu()
    case .selu: return x.selu()
    case .gelu: return x.gelu()
    case .silu: return x.silu()
    case .hardswish: return x.hardswish()
    case .hardtanh: return x.hardtanh()
    case .sigmoid: return x.sigmoid()
    case .tanh: return x.tanh()
    case .none: return x
    }
  }
}

/// max(0, x) + a · min(0, x) with a learned slope, one for all channels or one each.
public final class PReLU: Module, Layer {
  /// The slopes for numbers below 0: [1], or [channels].
  @Parameter public var weight: Tensor

  /// Makes a layer whose slopes are 0.25.
  /// - Parameter slopes: The number of slopes: 1, or the number of channels.
  public init(_ slopes: Int = 1) { _weight = Parameter(wrappedValue: .full([slopes], 0.25)) }

  /// Applies the function to each element; the shape stays.
  public func callAsFunction(_ x: Tensor) -> Tensor { x.prelu(weight) }
}
