import Foundation

/// Finds the options of a study's best trial.
package enum BestTrial {
  /// Reads the best trial from a study's storage.
  /// - Parameters:
  ///   - storage: The database that holds the study.
  ///   - study: The study's name; `nil` for the only study in the database.
  ///   - base: The options that the search varied.
  ///   - python: The Python that has Optuna.
  /// - Returns: The options, the trial's number and its score.
  /// - Throws: `SearchError` if there is no such study or no trial with a score, `ConfigurationError` for values that
  ///   the options refuse.
  package static func options(
    storage: StudyStorage, study: String?, base: TrainingOptions, python: OptunaPython
  ) async throws -> (options: TrainingOptions, number: Int, score: Double) {
    // Opening a database that does not exist would create it.
    if let file = storage.file, !FileManager.default.fileExists(atPath: file) {
      throw SearchError("--apply \(file): no such file; name the storage of a search")
    }
    let (name, summary) = try await OptunaSession.run(python) { session in
      let request = OptunaRequest.Open(
        storage: storage.address, study: study, direction: "maximize", sampler: "random", pruner: "none", seed: nil,
        resource: 1, trials: 0, heartbeat: 60, retries: 0, attributes: [:], create: false)
      return (try await session.open(request, storage: storage).study, try await session.summary())
    }
    guard let best = summary.bestTrial, let score = best.value else {
      throw SearchError("--apply \(storage.shown): no trial of the study \(name) has a score yet")
    }
    let source = "trial \(best.number) of the study \(name)"
    let assignments = try best.params.map { parameter in
      guard let key = SearchKey(parameter.name) else {
        throw SearchError(
          "\(source): '\(parameter.name)' is not a key of the configuration; this study was not made by rtseg search")
      }
      return SearchAssignment(key, parameter.value, source: source)
    }
    let options = try ConfigurationLoader(defaults: TrainingOptions()).load(assignments, over: base)
    return (options, best.number, score)
  }
}
