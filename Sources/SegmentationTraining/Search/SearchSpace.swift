import Files
import Foundation
import SegmentationData

/// The parameters that a search varies, each of them an option.
package struct SearchSpace: Sendable {
  package struct Parameter: Sendable {
    /// The key as the file has it, under which Optuna keeps it too.
    package let name: String
    package let key: SearchKey
    package let distribution: SearchDistribution
    /// The values that other parameters, which come before it, must have.
    package let conditions: [Condition]
    /// The file and line.
    let location: String
  }

  package struct Condition: Sendable {
    package let name: String
    package let values: [SearchValue]
  }

  package let parameters: [Parameter]

  /// A hash of what can be chosen, by which a study knows its space.
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

  /// Whether a parameter is there beside the values of those before it.
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

  /// Makes sure that the options take the ends of all ranges and all choices, before anything begins.
  /// - Throws: As `options(at:over:)`.
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

  /// A parameter's value with what it needs: the parameters on which it depends, and the other elements of its list, with
  /// their first values or their last.
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

  /// The options' own error, with the value if it is about another key.
  private static func blaming(
    _ error: ConfigurationError, _ parameter: Parameter, _ value: SearchValue, count: Int, index: Int
  ) -> any Error {
    if case .unknownKey = error { return error }
    let text = "\(error)"
    if text.contains(parameter.key.option) { return error }
    return SearchError("\(parameter.location): \(parameter.name) \(value.yaml): \(text)")
  }
}
