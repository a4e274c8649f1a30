import CTorch

/// Stochastic gradient descent with momentum, as in PyTorch: v ← μ v + g + λ w, w ← w - η v.
public final class SGD: Optimizer {
  /// The parameters, with the learning rate of each group.
  public var groups: [ParameterGroup]
  /// The momentum of each parameter, unless the momentum is 0.
  public var state: [Int: [String: Tensor]] = [:]
  /// Whether the gradient is taken at the place that the momentum leads to.
  public let nesterov: Bool

  /// Makes an optimizer that remembers nothing yet.
  public init(_ groups: [ParameterGroup], nesterov: Bool = false) {
    self.groups = groups
    self.nesterov = nesterov
  }

  /// Changes the parameters by their gradients.
  public func step() {
    for (index, group) in groups.enumerated() {
      let (parameters, gradients, numbers) = withGradients(group: index)
      if parameters.isEmpty { continue }
      // A buffer of zeros equals PyTorch's start from the first gradient, since there is no dampening.
      let momenta =
        group.momentum == 0
        ? [] : numbers.indices.map { state.tensor("momentum_buffer", of: numbers[$0], like: parameters[$0]) }
      let options = ct_sgd_options(
        learning_rate: group.learningRate, momentum: group.momentum, dampening: 0, weight_decay: group.weightDecay,
        nesterov: nesterov)
      withHandles(parameters, gradients, momenta) { lists in
        check(ct_sgd_step(lists[0], lists[1], lists[2], parameters.count, options))
      }
    }
  }

  /// The names of the tensors that the optimizer keeps for each parameter.
  public var stateNames: [String] { ["momentum_buffer"] }

  /// The options of a group by PyTorch's names.
  public func options(of group: ParameterGroup) -> [(name: String, value: OptimizerOption)] {
    [
      ("lr", .number(group.learningRate)), ("momentum", .number(group.momentum)), ("dampening", .number(0)),
      ("weight_decay", .number(group.weightDecay)), ("nesterov", .flag(nesterov)), ("maximize", .flag(false)),
      ("foreach", .none), ("differentiable", .flag(false)), ("fused", .none),
    ]
  }
}

extension [Int: [String: Tensor]] {
  /// The tensor of that name; at first it is made of zeros like `parameter`.
  mutating func tensor(_ name: String, of number: Int, like parameter: Tensor) -> Tensor {
    if let tensor = self[number]?[name] { return tensor }
    let tensor = zeros(like: parameter)
    self[number, default: [:]][name] = tensor
    return tensor
  }
}
