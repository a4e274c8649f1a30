/// How a search is done.
package struct SearchOptions: Sendable {
  /// How the next values are chosen.
  package enum Sampler: String, Sendable, CaseIterable {
    case tpe, random, cmaes, gp
  }

  /// How trials that promise little are ended early.
  package enum Pruner: String, Sendable, CaseIterable {
    case median, hyperband, none
  }

  /// Trials of the whole study, those of other searches in it too.
  package var trials = 20
  package var storage: StudyStorage
  package var study = "rtseg"
  package var sampler = Sampler.tpe
  package var pruner = Pruner.median
  /// The start of the sampler's random numbers; each search has its own if this is nil.
  package var seed: Int?
  /// The seconds between the signs of life of a trial. A trial that gave none for twice as long is taken for dead and
  /// begun again.
  package var heartbeat = 30
  /// The processes of a trial; nil leaves them to `rtseg train`.
  package var processes: Int?
  /// The folder with the trials' runs and the results.
  package var output: String

  package init(storage: StudyStorage, output: String) {
    self.storage = storage
    self.output = output
  }
}
