import Files
import Foundation

/// The files about the whole study that a search writes beside its trials' runs.
package struct SearchRecords {
  package let folder: URL
  private let monitor: ScoreKind

  package init(folder: URL, monitor: ScoreKind) {
    self.folder = folder
    self.monitor = monitor
  }

  /// The file with the score of each complete trial, by its number.
  package var scores: URL { folder.appending(path: "trial_scores.json") }
  /// The file with the best trial. Its keys are those of the PyTorch reference.
  package var results: URL { folder.appending(path: "optuna_results.json") }
  /// The picture of the scores over the trials and of the parameters' importance.
  package var plot: URL { folder.appending(path: "search.svg") }

  /// Writes all files; each is replaced as a whole.
  package func write(_ summary: StudySummary) throws {
    let whole = summary.trials.filter { $0.state == .complete }
    let byNumber = whole.compactMap { trial in trial.value.map { ("\(trial.number)", $0) } }
    try write(Dictionary(byNumber) { $1 }, to: scores)
    if let best = summary.bestTrial, let value = best.value {
      let results = Results(
        params: Dictionary(best.params.map { ($0.name, $0.value) }) { $1 }, value: value,
        finishedTrials: summary.count(.complete, .pruned, .fail), prunedTrials: summary.count(.pruned),
        completedTrials: whole.count)
      try write(results, to: self.results)
    }
    try AtomicFile.write(Data(SearchPlot(summary, monitor: monitor).svg().utf8), to: plot)
  }

  private struct Results: Encodable {
    let params: [String: SearchValue]
    let value: Double
    let finishedTrials: Int
    let prunedTrials: Int
    let completedTrials: Int

    enum CodingKeys: String, CodingKey {
      case params, value
      case finishedTrials = "finished_trials"
      case prunedTrials = "pruned_trials"
      case completedTrials = "completed_trials"
    }
  }

  private func write(_ value: some Encodable, to file: URL) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try AtomicFile.write(try encoder.encode(value) + Data("\n".utf8), to: file)
  }
}
