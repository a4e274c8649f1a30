import Files
import Foundation

/// The way in which a run ended.
public struct RunEnding: Codable, Sendable, Equatable {
  /// The kinds of endings.
  public enum Outcome: String, Codable, Sendable {
    /// All epochs are done.
    case finished
    /// The run ended before its last epoch because its options or an observer wanted that.
    case stopped
    /// A signal ended the run; it can be resumed.
    case interrupted
    /// An error ended the run.
    case failed
  }

  /// The kind of ending.
  public var outcome: Outcome
  /// The time at which the run ended.
  public var time: Date
  /// The reason why the run was stopped or failed, in one line.
  public var reason: String?

  /// Describes an ending. The time is rounded to whole seconds and the reason to one line.
  public init(_ outcome: Outcome, reason: String? = nil, time: Date = Date()) {
    self.outcome = outcome
    // The file keeps whole seconds.
    self.time = Date(timeIntervalSince1970: time.timeIntervalSince1970.rounded(.down))
    self.reason = reason?.printable(limit: 500)
  }
}
