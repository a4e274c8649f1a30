import Basics
import Files
import Foundation
import SegmentationData
import Yams

/// Reads a space from a file that lists keys of options, each with the values that it may have.
package struct SearchSpaceReader {
  private static let parameterLimit = 200
  private static let choiceLimit = 200
  private static let keys = ["type", "low", "high", "step", "log", "choices", "if"]
  /// Options that would make the scores of two trials incomparable, or make trials share a folder.
  private static let fixed = ["output", "validation.monitor", "validation.enabled"]

  private let name: String

  /// - Throws: `SearchError` if the file cannot be read or is no space.
  package static func read(_ file: URL) throws -> SearchSpace {
    let text: String
    do { text = try TextFile.read(file.path, limit: YAMLText.sizeLimit) } catch {
      throw SearchError("\(file.relativePath): cannot read the space: \(error.reason)")
    }
    return try read(yaml: text, name: file.relativePath)
  }

  /// Reads a space from text.
  /// - Parameter name: The name of the text in messages.
  package static func read(yaml: String, name: String) throws -> SearchSpace {
    try SearchSpaceReader(name: name).space(yaml)
  }

  private func failure(_ node: Node?, _ reason: String) -> SearchError {
    SearchError("\(name)\(node?.mark.map { ":\($0.line)" } ?? ""): \(reason)")
  }

  private func space(_ yaml: String) throws -> SearchSpace {
    let node: Node?
    do { node = try YAMLText.node(of: yaml) } catch {
      throw SearchError("\(name)\(error.line.map { ":\($0)" } ?? ""): \(error.reason)")
    }
    guard let mapping = node?.mapping, !mapping.isEmpty else {
      throw failure(
        node, "expected keys of options, each with its values: optimizer.momentum: {type: float, low: 0.8, high: 0.99}")
    }
    guard mapping.count <= Self.parameterLimit else {
      throw failure(node, "expected at most \(Self.parameterLimit) parameters, found \(mapping.count)")
    }
    var parameters: [SearchSpace.Parameter] = []
    for (key, value) in mapping { parameters.append(try parameter(key, value, after: parameters)) }
    for parameter in parameters where parameter.key.index != nil {
      if parameters.contains(where: { $0.name == parameter.key.option }) {
        throw SearchError(
          "\(parameter.location): \(parameter.name): \(parameter.key.option) is a parameter as a whole already")
      }
    }
    return SearchSpace(parameters: parameters)
  }

  private func parameter(
    _ node: Node, _ values: Node, after earlier: [SearchSpace.Parameter]
  ) throws -> SearchSpace.Parameter {
    let name = node.string ?? ""
    guard let key = SearchKey(name), !key.option.isEmpty else {
      throw failure(
        node, "'\(name.printable(limit: 80))' is not a key of the configuration, such as augmentation.scale_range[0]")
    }
    guard !Self.fixed.contains(key.option) else { throw failure(node, "\(key.option) cannot be searched") }
    guard let mapping = values.mapping else {
      throw failure(
        values,
        "\(name): expected a type with its values, such as {type: float, low: 0.001, high: 0.1, log: true}, "
          + "found \(OptionNode.describe(values))")
    }
    for (inner, _) in mapping where !Self.keys.contains(inner.string ?? "") {
      let found = inner.string ?? ""
      let nearest = OptionKey.nearest(to: found, among: Self.keys)
      throw failure(
        inner,
        "\(name): unknown key '\(found.printable(limit: 80))'; "
          + (nearest.map { "did you mean '\($0)'?" } ?? "expected \(Self.keys.joined(separator: ", "))"))
    }
    return SearchSpace.Parameter(
      name: name, key: key, distribution: try distribution(name, values, mapping),
      conditions: try conditions(name, mapping["if"], after: earlier),
      location: "\(self.name)\(node.mark.map { ":\($0.line)" } ?? "")")
  }

  // MARK: Values

  private func distribution(_ name: String, _ node: Node, _ mapping: Node.Mapping) throws -> SearchDistribution {
    let type = mapping["type"]?.string ?? ""
    let (wanted, others): ([String], [String]) =
      type == "categorical" ? (["choices"], ["low", "high", "step", "log"]) : (["low", "high"], ["choices"])
    guard ["float", "int", "categorical"].contains(type) else {
      throw failure(mapping["type"] ?? node, "\(name): expected a type of float, int or categorical, found '\(type)'")
    }
    for key in wanted where mapping[key] == nil { throw failure(node, "\(name): a \(type) needs '\(key)'") }
    for key in others where mapping[key] != nil { throw failure(mapping[key], "\(name): a \(type) has no '\(key)'") }
    let isLogarithmic = try mapping["log"].map { node in
      guard let value = node.bool else { throw failure(node, "\(name): 'log' must be true or false") }
      return value
    }
    switch type {
    case "float": return try float(name, node, mapping, isLogarithmic ?? false)
    case "int": return try integer(name, node, mapping, isLogarithmic ?? false)
    default: return .categorical(try choices(name, mapping["choices"] ?? node))
    }
  }

  private func float(
    _ name: String, _ node: Node, _ mapping: Node.Mapping, _ isLogarithmic: Bool
  ) throws -> SearchDistribution {
    func number(_ key: String) throws -> Double? {
      guard let value = mapping[key] else { return nil }
      guard let scalar = value.scalar, !NumberSpelling.isAmbiguous(scalar), let number = value.float, number.isFinite
      else { throw failure(value, "\(name): '\(key)' must be a number, found \(OptionNode.describe(value))") }
      return number
    }
    guard let low = try number("low"), let high = try number("high") else { throw failure(node, "\(name): no range") }
    let step = try number("step")
    try checkRange(name, node, low < high, low > 0 || !isLogarithmic, "\(low)", "\(high)")
    if let step {
      guard step > 0, step <= high - low, !isLogarithmic else {
        throw failure(
          mapping["step"],
          "\(name): 'step' must be a number above 0, at most high - low, and without 'log', found \(step)")
      }
    }
    return .float(low: low, high: high, step: step, isLogarithmic: isLogarithmic)
  }

  private func integer(
    _ name: String, _ node: Node, _ mapping: Node.Mapping, _ isLogarithmic: Bool
  ) throws -> SearchDistribution {
    let limit = 1 << 53
    func number(_ key: String) throws -> Int? {
      guard let value = mapping[key] else { return nil }
      guard let scalar = value.scalar, !NumberSpelling.isAmbiguous(scalar), let number = value.int,
        (-limit...limit).contains(number)
      else { throw failure(value, "\(name): '\(key)' must be an integer, found \(OptionNode.describe(value))") }
      return number
    }
    guard let low = try number("low"), let high = try number("high") else { throw failure(node, "\(name): no range") }
    let step = try number("step") ?? 1
    try checkRange(name, node, low < high, low > 0 || !isLogarithmic, "\(low)", "\(high)")
    guard step > 0, step <= high - low, step == 1 || !isLogarithmic else {
      throw failure(
        mapping["step"],
        "\(name): 'step' must be an integer above 0, at most high - low, and 1 with 'log', found \(step)"
      )
    }
    return .integer(low: low, high: high, step: step, isLogarithmic: isLogarithmic)
  }

  private func checkRange(
    _ name: String, _ node: Node, _ isRange: Bool, _ isPositive: Bool, _ low: String, _ high: String
  ) throws {
    guard isRange else {
      throw failure(node, "\(name): 'low' must be below 'high', found low \(low) and high \(high)")
    }
    guard isPositive else { throw failure(node, "\(name): 'low' must be above 0 with 'log', found \(low)") }
  }

  private func choices(_ name: String, _ node: Node) throws -> [SearchValue] {
    guard let sequence = node.sequence, (2...Self.choiceLimit).contains(sequence.count) else {
      throw failure(
        node, "\(name): 'choices' must be a list of 2 to \(Self.choiceLimit) values, found \(OptionNode.describe(node))"
      )
    }
    var choices: [SearchValue] = []
    for element in sequence {
      if let scalar = element.scalar, NumberSpelling.isAmbiguous(scalar) {
        throw failure(
          element, "\(name): expected numbers \(NumberSpelling.rule), found \(OptionNode.describe(element))")
      }
      let value = SearchValue(element)
      guard !choices.contains(where: { $0.yaml == value.yaml }) else {
        throw failure(element, "\(name): the choice \(value.yaml) is there twice")
      }
      choices.append(value)
    }
    return choices
  }

  // MARK: Conditions

  private func conditions(
    _ name: String, _ node: Node?, after earlier: [SearchSpace.Parameter]
  ) throws -> [SearchSpace.Condition] {
    guard let node else { return [] }
    guard let mapping = node.mapping, !mapping.isEmpty else {
      throw failure(node, "\(name): 'if' must name a parameter and its value, such as {optimizer.kind: sgd}")
    }
    var conditions: [SearchSpace.Condition] = []
    for (key, value) in mapping {
      let other = key.string ?? ""
      guard let parent = earlier.first(where: { $0.name == other }),
        case .categorical(let choices) = parent.distribution
      else {
        throw failure(
          key,
          "\(name): 'if' must name a categorical parameter that comes before, found '\(other.printable(limit: 80))'")
      }
      let values = (value.sequence.map(Array.init) ?? [value]).map(SearchValue.init)
      for found in values where !choices.contains(found) {
        throw failure(
          value,
          "\(name): \(other) is never \(found.yaml.printable(limit: 80)); its choices are "
            + choices.map(\.yaml).joined(separator: ", "))
      }
      guard !values.isEmpty else { throw failure(value, "\(name): 'if' names no value of \(other)") }
      conditions.append(SearchSpace.Condition(name: other, values: values))
    }
    return conditions
  }
}
