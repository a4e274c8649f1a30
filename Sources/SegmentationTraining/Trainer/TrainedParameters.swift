import Basics
import SegmentationModels
import Torch

/// Which parameters of a network a run trains, and by how much: the groups of the optimizer.
///
/// Groups are kept in the order in which their first parameter stands in the network. A run without rules has one group
/// with all parameters, as the PyTorch reference has.
package struct TrainedParameters {
  /// Groups of one learning rate and weight decay.
  private(set) var groups: [Group] = []

  struct Group {
    var parameters: [(name: String, tensor: Tensor)] = []
    /// The group's learning rate is the schedule's times this.
    let learningRateFactor: Double
    let weightDecay: Double
  }

  /// - Parameter frozen: Patterns of the parameters that are not trained.
  /// - Throws: `InvalidOption` for a pattern that matches nothing.
  package init(
    of model: SegmentationModel, network: String, options: OptimizerOptions, frozen: [ParameterPattern]
  ) throws {
    let parameters = model.namedParameters
    let names = parameters.map(\.name)
    for (index, rule) in options.rules.enumerated() {
      try rule.pattern.requireMatch(among: names, key: "optimizer.rules[\(index)].pattern", network: network)
    }
    for pattern in frozen { try pattern.requireMatch(among: names, key: "model.frozen", network: network) }
    let norms = Self.normalizationParameters(of: model)
    let depths = try options.layerDecay.map { try Self.layerFactors(of: model, network: network, decay: $0) } ?? [:]
    for parameter in parameters where !frozen.contains(where: { $0.matches(parameter.name) }) {
      let rules = options.rules.filter { $0.pattern.matches(parameter.name) }
      let factor = rules.reduce(depths[parameter.name] ?? 1) { $0 * $1.learningRateFactor }
      let isDecayed =
        (options.decayNorms || !norms.contains(parameter.name))
        && (options.decayBiases || !parameter.name.hasSuffix("bias"))
      let decay = rules.reduce(isDecayed ? options.weightDecay : 0) { $0 * $1.weightDecayFactor }
      add(parameter, factor: factor, decay: decay)
    }
    if groups.isEmpty { throw InvalidOption("model.frozen", "no parameter of \(network) is left to train") }
  }

  private mutating func add(_ parameter: (name: String, tensor: Tensor), factor: Double, decay: Double) {
    let index = groups.firstIndex { $0.learningRateFactor == factor && $0.weightDecay == decay }
    if index == nil { groups.append(Group(learningRateFactor: factor, weightDecay: decay)) }
    groups[index ?? groups.count - 1].parameters.append(parameter)
  }

  /// Adds a module that is trained beside the network; its names begin with `prefix`.
  mutating func add(_ module: Module, prefix: String, weightDecay: Double) {
    for (name, tensor) in module.namedParameters {
      add((name: "\(prefix).\(name)", tensor: tensor), factor: 1, decay: weightDecay)
    }
  }

  /// The groups for the optimizer.
  package func parameterGroups(learningRate: Double, momentum: Double) -> [ParameterGroup] {
    groups.map { group in
      ParameterGroup(
        group.parameters.map(\.tensor), names: group.parameters.map(\.name),
        learningRate: learningRate * group.learningRateFactor, momentum: momentum, weightDecay: group.weightDecay)
    }
  }

  /// The names of the parameters of normalization layers.
  private static func normalizationParameters(of model: Module) -> Set<String> {
    var names: Set<String> = []
    model.visit { prefix, module in
      guard module is BatchNorm2d || module is LayerNorm || module is GroupNorm else { return }
      for (name, _) in module.namedParameters { names.insert(prefix.isEmpty ? name : "\(prefix).\(name)") }
    }
    return names
  }

  /// The factor of each parameter of the backbone, by its name in the network.
  private static func layerFactors(
    of model: SegmentationModel, network: String, decay: Double
  ) throws(InvalidOption) -> [String: Double] {
    guard let backbone = model.pretrainable else {
      throw InvalidOption(
        "optimizer.layerDecay", "expected null, since \(network) has no backbone or encoder whose layers it could mean")
    }
    let own = Set(backbone.parameters.map(\.identity))
    let parameters = model.namedParameters.filter { own.contains($0.tensor.identity) }
    var layers: [String] = []
    let layerOf = parameters.map { parameter in
      let layer = Self.layer(of: parameter.name)
      if layers.last != layer, !layers.contains(layer) { layers.append(layer) }
      return layer
    }
    var factors: [String: Double] = [:]
    for (parameter, layer) in zip(parameters, layerOf) {
      var factor = 1.0
      for _ in 0..<layers.count - layers.firstIndex(of: layer)! { factor *= decay }
      factors[parameter.name] = factor
    }
    return factors
  }

  /// A layer is the block that a parameter is in: the first numbered module of its name, or without one the module that
  /// holds it. `encoder.layer1.0.conv1.weight` is in `encoder.layer1.0`, `encoder.conv1.weight` in `encoder.conv1`.
  private static func layer(of name: String) -> String {
    let parts = name.split(separator: ".")
    let number = parts.firstIndex { Int($0) != nil }
    return parts[...(number ?? max(0, parts.count - 2))].joined(separator: ".")
  }
}
