/// How many validations in a row brought no better score.
struct Patience: Equatable {
  /// The score that counted as better last; none before the first.
  var reference: Double?
  /// Validations since.
  var validations = 0

  /// Counts a validation.
  /// - Parameters:
  ///   - best: The best score after it.
  ///   - improvement: The change of the best score that counts.
  mutating func note(_ best: Double, by improvement: Double) {
    if let reference, abs(best - reference) <= improvement {
      validations += 1
    } else {
      reference = best
      validations = 0
    }
  }
}
