import Foundation

/// A message of a trial's process to the search that began it.
enum TrialMessage: Codable, Equatable {
  /// A validation after an epoch; no score if it is not finite.
  case scored(epoch: Int, score: Double?)
  /// The run ended without an error.
  case ended(best: Double?)

  /// The line's text; nil for a text that is none.
  init?(line: String) {
    guard let message = try? JSONDecoder().decode(TrialMessage.self, from: Data(line.utf8)) else { return nil }
    if case .scored(let epoch, _) = message, epoch < 1 { return nil }
    self = message
  }

  var line: String { (try? JSONEncoder().encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "" }
}

/// The answer of the search after a validation.
enum TrialVerdict: String {
  case goOn = "go on"
  case prune
}
