/// The set of values that a parameter may have.
package enum SearchDistribution: Sendable, Equatable {
  /// Numbers from `low` to `high`: all of them or, with a step, only `low` plus whole multiples of the step.
  case float(low: Double, high: Double, step: Double?, isLogarithmic: Bool)
  /// Whole numbers from `low` to `high` that differ from `low` by a multiple of the step.
  case integer(low: Int, high: Int, step: Int, isLogarithmic: Bool)
  /// The listed values.
  case categorical([SearchValue])

  /// The values to check against the options: both ends of a range, or all choices.
  var extremes: [SearchValue] {
    switch self {
    case .float(let low, let high, _, _): [.number(low), .number(high)]
    case .integer(let low, let high, _, _): [.integer(low), .integer(high)]
    case .categorical(let choices): choices
    }
  }

  /// The distribution in one spelling, however the file spells it.
  var canonical: String {
    switch self {
    case .float(let low, let high, let step, let isLogarithmic):
      "float \(low) \(high) \(step.map { "\($0)" } ?? "-") \(isLogarithmic)"
    case .integer(let low, let high, let step, let isLogarithmic): "int \(low) \(high) \(step) \(isLogarithmic)"
    case .categorical(let choices): "categorical [\(choices.map(\.yaml).joined(separator: ", "))]"
    }
  }
}
