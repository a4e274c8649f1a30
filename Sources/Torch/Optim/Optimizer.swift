/// Parameters that are updated by the same rule.
public struct ParameterGroup {
  /// The parameters themselves, not copies.
  public var parameters: [Tensor]
  /// The parameters' names, for checkpoints; empty if they have none.
  public var names: [String]
  /// The learning rate of the next step.
  public var learningRate: Double
  /// The momentum of SGD, or the first beta of Adam.
  public var momentum: Double
  /// The factor of the penalty on large weights.
  public var weightDecay: Double

  /// Makes a group.
  /// - Parameters:
  ///   - names: The parameters' names in checkpoints: none, or one for each.
  ///   - momentum: SGD's momentum, or Adam's first beta.
  public init(
    _ parameters: [Tensor], names: [String] = [], learningRate: Double, momentum: Double = 0.9,
    weightDecay: Double = 0
  ) {
    precondition(names.isEmpty || names.count == parameters.count, "each parameter has a name, or none has one")
    self.parameters = parameters
    self.names = names
    self.learningRate = learningRate
    self.momentum = momentum
    self.weightDecay = weightDecay
  }
}

/// Updates parameters from their gradients. Parameters without a gradient are left alone.
public protocol Optimizer: AnyObject {
  /// The parameters, in groups that are updated by the same rule. A learning rate may change between steps.
  var groups: [ParameterGroup] { get set }

  /// Updates the parameters once by the gradients that they have now.
  func step()

  /// The tensors that the optimizer keeps for each parameter, by PyTorch's names (`momentum_buffer`, `exp_avg`, ...).
  /// The parameters of all groups are counted in a row. The tensors are the optimizer's own.
  var state: [Int: [String: Tensor]] { get set }

  /// The names in `state` of one parameter. Each tensor has its parameter's shape, except for `step`, which is one
  /// number.
  var stateNames: [String] { get }

  /// The options of a group by PyTorch's names, for checkpoints that PyTorch reads.
  func options(of group: ParameterGroup) -> [(name: String, value: OptimizerOption)]
}

/// A value among an optimizer's options.
public enum OptimizerOption: Sendable, Equatable {
  /// A number.
  case number(Double)
  /// A tuple of numbers.
  case numbers([Double])
  /// `True` or `False`.
  case flag(Bool)
  /// Python's `None`: PyTorch's own choice.
  case none
}

extension Optimizer {
  /// The parameters of a group that have a gradient, their gradients, and their numbers among all parameters.
  func withGradients(group index: Int) -> (parameters: [Tensor], gradients: [Tensor], numbers: [Int]) {
    let first = groups[..<index].reduce(0) { $0 + $1.parameters.count }
    var parameters: [Tensor] = []
    var gradients: [Tensor] = []
    var numbers: [Int] = []
    for (offset, parameter) in groups[index].parameters.enumerated() {
      guard let gradient = parameter.grad else { continue }
      parameters.append(parameter)
      gradients.append(gradient)
      numbers.append(first + offset)
    }
    return (parameters, gradients, numbers)
  }
}
