import Files
import Foundation

/// How a run ended.
public struct RunEnding: Codable, Sendable, Equatable {
  public enum Outcome: String, Codable, Sendable {
    /// All epochs are done.
    case finished
    /// The run ended before its last epoch, as its options or whoever watched it wanted.
    case stopped
    /// A signal ended the run, which can go on.
    case interrupted
    /// An error ended the run.
    case failed
  }

  public var outcome: Outcome
  public var time: Date
  /// Why the run was stopped or failed, in one line.
  public var reason: String?

  public init(_ outcome: Outcome, reason: String? = nil, time: Date = Date()) {
    self.outcome = outcome
    // Whole seconds, as the file keeps them.
    self.time = Date(timeIntervalSince1970: time.timeIntervalSince1970.rounded(.down))
    self.reason = reason?.printable(limit: 500)
  }
}
