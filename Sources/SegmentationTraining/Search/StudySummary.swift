/// All trials of a study, with its best one and the importance of its parameters.
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
    /// The score; for a trial that was ended early, the score of its last validation.
    package let value: Double?
    /// The number of validations that were reported.
    package let reports: Int
    /// The number of the trial that this one repeats.
    package let retried: Int?
    package let params: [Parameter]
  }

  package struct Importance: Decodable, Sendable {
    package let name: String
    /// The share of the differences between scores that the parameter explains, from 0 to 1.
    package let share: Double
  }

  package let trials: [Trial]
  package let best: Int?
  /// The importance of each parameter, the largest first; empty if there are too few trials.
  package let importances: [Importance]
  package let attributes: [String: String]
  /// Whether a higher score is better.
  package let maximizes: Bool

  package var bestTrial: Trial? { trials.first { $0.number == best } }

  package func count(_ states: State...) -> Int { trials.count { states.contains($0.state) } }
}
