import Foundation

/// The most important facts about a run, for lists of runs.
public struct RunSummary: Codable, Sendable, Equatable {
  /// The path of the run's folder, relative to the folder that was searched.
  public var name: String
  /// The full path of the run's folder.
  public var folder: String
  /// The state of the run.
  public var state: RunState
  /// The network's name; `nil` if the options cannot be read.
  public var network: String?
  /// The data set's name; `nil` if the options cannot be read.
  public var dataset: String?
  /// The number of complete epochs.
  public var epoch: Int
  /// The number of epochs that the run is to have.
  public var epochs: Int?
  /// The name of the score that decides, such as `mean_iou`.
  public var score: String
  /// The best value of that score; `nil` if there is none yet.
  public var bestScore: Double?
  /// The epoch of the best value.
  public var bestEpoch: Int?
  /// The time at which a file of the run was last changed.
  public var changed: Date?
  /// The number of bytes of the files in the folder.
  public var bytes: Int
  /// The reason why the run was stopped or failed.
  public var reason: String?
  /// The problems of the folder's files, one line for each.
  public var problems: [String]

  /// Summarizes a run.
  /// - Parameter bytes: The number of bytes of the files in its folder.
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
