/// The options of a search.
package struct SearchOptions: Sendable {
  /// The ways to choose the next values, by Optuna's names.
  package enum Sampler: String, Sendable, CaseIterable {
    case tpe, random, cmaes, gp
  }

  /// The ways to end trials early that promise little, by Optuna's names.
  package enum Pruner: String, Sendable, CaseIterable {
    case median, hyperband, none
  }

  /// The number of trials of the whole study, with those of other searches that work on it.
  package var trials = 20
  /// The database that holds the study.
  package var storage: StudyStorage
  /// The study's name.
  package var study = "rtseg"
  /// The way to choose the next values.
  package var sampler = Sampler.tpe
  /// The way to end trials early.
  package var pruner = Pruner.median
  /// The seed of the sampler's random numbers; `nil` for another one in each search.
  package var seed: Int?
  /// The seconds between a trial's signs of life. A trial without one for twice as long is taken for dead and begun
  /// again.
  package var heartbeat = 30
  /// The number of processes of each trial; `nil` for what `rtseg train` chooses.
  package var processes: Int?
  /// The folder for the trials' runs and for the results.
  package var output: String

  package init(storage: StudyStorage, output: String) {
    self.storage = storage
    self.output = output
  }
}
