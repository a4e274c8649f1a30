/// The values that a parameter may have.
package enum SearchDistribution: Sendable, Equatable {
  /// Numbers from `low` to `high`: all of them, or those that are whole steps above `low`.
  case float(low: Double, high: Double, step: Double?, isLogarithmic: Bool)
  case integer(low: Int, high: Int, step: Int, isLogarithmic: Bool)
  case categorical([SearchValue])

  /// The values by which the options check it: both ends, or all choices.
  var extremes: [SearchValue] {
    switch self {
    case .float(let low, let high, _, _): [.number(low), .number(high)]
    case .integer(let low, let high, _, _): [.integer(low), .integer(high)]
    case .categorical(let choices): choices
    }
  }

  /// The distribution in one spelling, whatever the file's was.
  var canonical: String {
    switch self {
    case .float(let low, let high, let step, let isLogarithmic):
      "float \(low) \(high) \(step.map { "\($0)" } ?? "-") \(isLogarithmic)"
    case .integer(let low, let high, let step, let isLogarithmic): "int \(low) \(high) \(step) \(isLogarithmic)"
    case .categorical(let choices): "categorical [\(choices.map(\.yaml).joined(separator: ", "))]"
    }
  }
}
