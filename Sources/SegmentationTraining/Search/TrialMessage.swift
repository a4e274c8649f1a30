import Foundation

/// A message from a trial's process to the search that began it.
enum TrialMessage: Codable, Equatable {
  /// A validation after an epoch has taken place; the score is `nil` if it is not finite.
  case scored(epoch: Int, score: Double?)
  /// The run has ended without an error.
  case ended(best: Double?)

  /// Reads a message; fails for a text that is none.
  init?(line: String) {
    guard let message = try? JSONDecoder().decode(TrialMessage.self, from: Data(line.utf8)) else { return nil }
    if case .scored(let epoch, _) = message, epoch < 1 { return nil }
    self = message
  }

  var line: String { (try? JSONEncoder().encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "" }
}

/// The answer of the search to a validation.
enum TrialVerdict: String {
  case goOn = "go on"
  case prune
}
