import Torch

/// How parameters follow their gradients.
public struct OptimizerOptions: Codable, Sendable, Equatable, ValidatedOptions {
  public enum Kind: String, Codable, Sendable, CaseIterable {
    case sgd, adam, adamw
  }

  public var kind = Kind.sgd
  /// The schedule's peak.
  public var learningRate = 0.01
  /// SGD's momentum; Adam's first beta.
  public var momentum = 0.9
  /// Adam's second beta.
  public var beta2 = 0.999
  public var weightDecay = 1e-4
  public var nesterov = false
  /// Gradients are scaled down to this total norm; none: they are left as they are.
  public var clipNorm: Double?

  public init() {}

  public func validate() throws {
    try require(learningRate > 0 && learningRate.isFinite, "learningRate", "a number above 0", found: learningRate)
    try require(momentum >= 0 && momentum < 1, "momentum", "at least 0 and below 1", found: momentum)
    try require(beta2 >= 0 && beta2 < 1, "beta2", "at least 0 and below 1", found: beta2)
    try require(weightDecay, in: 0...1000, "weightDecay")
    try require(
      !nesterov || (kind == .sgd && momentum > 0), "nesterov", "false without SGD's momentum", found: nesterov)
    try require(clipNorm.map { $0 > 0 && $0.isFinite } ?? true, "clipNorm", "a number above 0", found: clipNorm ?? 0)
  }

  /// The optimizer of a network's parameters.
  public func makeOptimizer(for model: Module) -> any Optimizer {
    let group = ParameterGroup(
      model.parameters, learningRate: learningRate, momentum: momentum, weightDecay: weightDecay)
    switch kind {
    case .sgd: return SGD([group], nesterov: nesterov)
    case .adam: return Adam([group], beta2: beta2)
    case .adamw: return Adam([group], beta2: beta2, decoupled: true)
    }
  }
}
