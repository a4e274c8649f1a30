import Files
import Foundation
import SegmentationData

/// The parameters that a search varies; each one is an option.
package struct SearchSpace: Sendable {
  /// An option with the values that it may have.
  package struct Parameter: Sendable {
    /// The key as the file spells it; Optuna keeps the parameter under the same name.
    package let name: String
    package let key: SearchKey
    package let distribution: SearchDistribution
    /// The conditions under which the parameter exists; each is about a parameter that comes before this one.
    package let conditions: [Condition]
    /// The file and line, for messages.
    let location: String
  }

  /// The values that another parameter must have.
  package struct Condition: Sendable {
    package let name: String
    package let values: [SearchValue]
  }

  package let parameters: [Parameter]

  /// A hash of everything that can be chosen, by which a study recognizes its space.
  package var hash: String {
    let lines = parameters.map { parameter in
      let conditions = parameter.conditions.map { condition in
        " if \(condition.name) in [\(condition.values.map(\.yaml).joined(separator: ", "))]"
      }
      return "\(parameter.name): \(parameter.distribution.canonical)\(conditions.sorted().joined())"
    }
    let text = Data(lines.sorted().joined(separator: "\n").utf8)
    return String(text.withUnsafeBytes(ContentHash.hex(of:)).prefix(16))
  }

  /// Whether a parameter exists, given the values of the parameters before it.
  package func includes(_ parameter: Parameter, with values: [String: SearchValue]) -> Bool {
    parameter.conditions.allSatisfy { condition in values[condition.name].map(condition.values.contains) ?? false }
  }

  /// The options of a trial.
  /// - Throws: `ConfigurationError` or `SearchError` for values that the options refuse.
  package func options(at values: [String: SearchValue], over base: TrainingOptions) throws -> TrainingOptions {
    let assignments = parameters.compactMap { parameter in
      values[parameter.name].map { SearchAssignment(parameter.key, $0, source: parameter.location) }
    }
    return try ConfigurationLoader(defaults: TrainingOptions()).load(assignments, over: base)
  }

  /// Makes sure, before anything begins, that the options accept both ends of each range and all choices.
  /// - Throws: `ConfigurationError` or `SearchError` for a value that they refuse.
  package func check(over base: TrainingOptions) throws {
    for parameter in parameters {
      let values = parameter.distribution.extremes
      for (index, value) in values.enumerated() {
        for isLast in [false, true] {
          let point = neighbourhood(of: parameter, value, isLast: isLast)
          do { _ = try options(at: point, over: base) } catch let error as ConfigurationError {
            throw Self.blaming(error, parameter, value, count: values.count, index: index)
          }
        }
      }
    }
  }

  /// A value of a parameter, with values for all that it needs: the parameters that its conditions name, and the other
  /// elements of its list at their first or last value.
  private func neighbourhood(of parameter: Parameter, _ value: SearchValue, isLast: Bool) -> [String: SearchValue] {
    var values = [parameter.name: value]
    var rest = [parameter]
    if parameter.key.index != nil {
      let others = parameters.filter { $0.key.option == parameter.key.option && $0.name != parameter.name }
      for other in others {
        let extremes = other.distribution.extremes
        values[other.name] = isLast ? extremes.last : extremes.first
      }
      rest += others
    }
    while let next = rest.popLast() {
      for condition in next.conditions where values[condition.name] == nil {
        values[condition.name] = condition.values.first
        rest += parameters.filter { $0.name == condition.name }
      }
    }
    return values
  }

  /// The options' own error; if that does not name the key, the key and value are added.
  private static func blaming(
    _ error: ConfigurationError, _ parameter: Parameter, _ value: SearchValue, count: Int, index: Int
  ) -> any Error {
    if case .unknownKey = error { return error }
    let text = "\(error)"
    if text.contains(parameter.key.option) { return error }
    return SearchError("\(parameter.location): \(parameter.name) \(value.yaml): \(text)")
  }
}
