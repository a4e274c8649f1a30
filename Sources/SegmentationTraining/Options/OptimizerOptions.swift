import Basics
import Torch

/// These options set how the weights follow their gradients.
public struct OptimizerOptions: Codable, Sendable, Equatable, ValidatedOptions {
  /// The optimizers.
  public enum Kind: String, Codable, Sendable, CaseIterable {
    /// Stochastic gradient descent with momentum.
    case sgd
    /// Adam with weight decay added to the gradients.
    case adam
    /// Adam with weight decay apart from the gradients.
    case adamw
  }

  /// The optimizer.
  public var kind = Kind.sgd
  /// The highest learning rate of the schedule. `rtseg train --find-learning-rate` proposes one.
  public var learningRate = 0.01
  /// The number of images per step that `learning_rate` is meant for. The rate is multiplied by the images of a step
  /// (`batch_size` times `accumulation`) and divided by this number. The rate stays as it is if this is null.
  public var scaleLearningRate: Int?
  /// The momentum of SGD, or the first beta of Adam.
  public var momentum = 0.9
  /// The second beta of Adam. SGD does not use it.
  public var beta2 = 0.999
  /// The weight decay, which pulls the weights towards 0.
  public var weightDecay = 1e-4
  /// Whether the parameters of normalization layers are decayed too.
  public var decayNorms = true
  /// Whether biases are decayed too.
  public var decayBiases = true
  /// Whether SGD uses Nesterov's momentum.
  public var nesterov = false
  /// The largest total norm of the gradients. Larger gradients are scaled down to it. Gradients are never scaled down
  /// if this is null.
  public var clipNorm: Double?
  /// The learning rate of each layer of the backbone or encoder is the rate of the next layer times this number, so
  /// that the first layers of a pretrained network change least. All layers have one rate if this is null.
  public var layerDecay: Double?
  /// Other learning rates and weight decays for the parameters that a pattern names, such as `{pattern: "backbone.*",
  /// learning_rate_factor: 0.1}`. If several rules match, their factors are multiplied.
  public var rules: [ParameterRule] = []

  /// Creates the default options.
  public init() {}

  /// Makes sure that the values can be used.
  /// - Throws: `InvalidOption` for the first value that cannot.
  public func validate() throws {
    try require(learningRate > 0 && learningRate.isFinite, "learningRate", "a number above 0", found: learningRate)
    try require(momentum >= 0 && momentum < 1, "momentum", "at least 0 and below 1", found: momentum)
    try require(beta2 >= 0 && beta2 < 1, "beta2", "at least 0 and below 1", found: beta2)
    try require(weightDecay, in: 0...1000, "weightDecay")
    try require(
      !nesterov || (kind == .sgd && momentum > 0), "nesterov",
      "false, since only SGD with a momentum above 0 has Nesterov's momentum", found: nesterov)
    try require(clipNorm.map { $0 > 0 && $0.isFinite } ?? true, "clipNorm", "a number above 0", found: clipNorm ?? 0)
    try require(
      (1...OptionLimits.batch).contains(scaleLearningRate ?? 1), "scaleLearningRate",
      "a number of images from 1 to \(OptionLimits.batch)", found: scaleLearningRate ?? 0)
    try require(
      layerDecay.map { $0 > 0 && $0 <= 1 } ?? true, "layerDecay", "above 0, at most 1", found: layerDecay ?? 0)
    for (index, rule) in rules.enumerated() { try rule.validate(at: index) }
  }

  /// The learning rate for a number of images per step.
  package func learningRate(imagesPerStep: Int) -> Double {
    scaleLearningRate.map { learningRate * Double(imagesPerStep) / Double($0) } ?? learningRate
  }

  /// The optimizer of groups of parameters.
  public func makeOptimizer(_ groups: [ParameterGroup]) -> any Optimizer {
    switch kind {
    case .sgd: SGD(groups, nesterov: nesterov)
    case .adam: Adam(groups, beta2: beta2)
    case .adamw: Adam(groups, beta2: beta2, decoupled: true)
    }
  }
}
