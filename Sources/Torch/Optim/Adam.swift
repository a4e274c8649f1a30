import CTorch

/// Adam as in PyTorch, or AdamW if weight decay does not go through the gradients.
public final class Adam: Optimizer {
  /// The parameters, with the learning rate of each group.
  public var groups: [ParameterGroup]
  /// The running means of each parameter's gradients and of their squares, and its number of steps.
  public var state: [Int: [String: Tensor]] = [:]
  /// The factor by which the mean of squared gradients keeps its old value at each step.
  public let beta2: Double
  /// The number that is added to the root of that mean, so that nothing is divided by 0.
  public let epsilon: Double
  /// Whether weight decay acts on the weights directly (AdamW) and not through the gradients (Adam).
  public let decoupled: Bool

  /// Makes an optimizer that remembers nothing yet.
  public init(_ groups: [ParameterGroup], beta2: Double = 0.999, epsilon: Double = 1e-8, decoupled: Bool = false) {
    self.groups = groups
    self.beta2 = beta2
    self.epsilon = epsilon
    self.decoupled = decoupled
  }

  /// Changes the parameters by their gradients.
  public func step() {
    for (index, group) in groups.enumerated() {
      let (parameters, gradients, numbers) = withGradients(group: index)
      if parameters.isEmpty { continue }
      let averages = numbers.indices.map { state.tensor("exp_avg", of: numbers[$0], like: parameters[$0]) }
      let squares = numbers.indices.map { state.tensor("exp_avg_sq", of: numbers[$0], like: parameters[$0]) }
      let steps = numbers.indices.map { stepCount(of: numbers[$0], device: parameters[$0].device) }
      let options = ct_adam_options(
        learning_rate: group.learningRate, beta1: group.momentum, beta2: beta2, weight_decay: group.weightDecay,
        epsilon: epsilon, decoupled: decoupled)
      withHandles(parameters, gradients, averages, squares, steps) { lists in
        check(ct_adam_step(lists[0], lists[1], lists[2], lists[3], lists[4], parameters.count, options))
      }
    }
  }

  private func stepCount(of number: Int, device: Device) -> Tensor {
    if let count = state[number]?[OptimizerStep.name] { return count }
    let count = Tensor.zeros([], device: device)
    state[number, default: [:]][OptimizerStep.name] = count
    return count
  }

  /// The names of the tensors that the optimizer keeps for each parameter.
  public var stateNames: [String] { ["exp_avg", "exp_avg_sq", OptimizerStep.name] }

  /// The options of a group by PyTorch's names.
  public func options(of group: ParameterGroup) -> [(name: String, value: OptimizerOption)] {
    [
      ("lr", .number(group.learningRate)), ("betas", .numbers([group.momentum, beta2])), ("eps", .number(epsilon)),
      ("weight_decay", .number(group.weightDecay)), ("amsgrad", .flag(false)), ("maximize", .flag(false)),
      ("foreach", .none), ("capturable", .flag(false)), ("differentiable", .flag(false)), ("fused", .none),
      ("decoupled_weight_decay", .flag(decoupled)),
    ]
  }
}
