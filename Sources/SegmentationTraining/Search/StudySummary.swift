/// All trials of a study.
package struct StudySummary: Decodable, Sendable {
  package enum State: String, Decodable, Sendable {
    case running, complete, pruned, fail, waiting
  }

  package struct Parameter: Decodable, Sendable {
    package let name: String
    package let value: SearchValue
  }

  package struct Trial: Decodable, Sendable {
    package let number: Int
    package let state: State
    /// The score; that of the last validation for a trial that was ended early.
    package let value: Double?
    /// How many validations were reported.
    package let reports: Int
    /// The number of the trial that this one repeats.
    package let retried: Int?
    package let params: [Parameter]
  }

  package struct Importance: Decodable, Sendable {
    package let name: String
    /// The share of the parameter in what makes scores differ, 0 to 1.
    package let share: Double
  }

  package let trials: [Trial]
  package let best: Int?
  /// The largest first; none as long as there are too few trials.
  package let importances: [Importance]
  package let attributes: [String: String]
  /// Whether a higher score is better.
  package let maximizes: Bool

  package var bestTrial: Trial? { trials.first { $0.number == best } }

  package func count(_ states: State...) -> Int { trials.count { states.contains($0.state) } }
}
