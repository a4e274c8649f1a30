import Foundation

/// A run in a few words, for lists of runs.
public struct RunSummary: Codable, Sendable, Equatable {
  /// The path of the run's folder below the one that was searched.
  public var name: String
  public var folder: String
  public var state: RunState
  public var network: String?
  public var dataset: String?
  /// How many epochs are done, and how many the run has.
  public var epoch: Int
  public var epochs: Int?
  /// The name of the score that decides, such as `mean_iou`, its best value, and the epoch of that.
  public var score: String
  public var bestScore: Double?
  public var bestEpoch: Int?
  /// When a file of the run was last changed.
  public var changed: Date?
  /// How many bytes the files in the folder have.
  public var bytes: Int
  /// Why the run was stopped or failed.
  public var reason: String?
  /// The problems of the folder's files.
  public var problems: [String]

  public init(_ run: RunRecord, bytes: Int) {
    let best = run.best
    name = run.name
    folder = run.folder.url.path
    state = run.state
    network = run.network
    dataset = run.dataset
    epoch = run.epochsDone
    epochs = run.options?.epochs
    score = run.monitor.name
    bestScore = best?.scores[run.monitor.name]
    bestEpoch = best?.epoch
    changed = run.changed
    self.bytes = bytes
    reason = run.state == .running ? nil : run.manifest?.ended?.reason
    problems = run.problems
  }
}
