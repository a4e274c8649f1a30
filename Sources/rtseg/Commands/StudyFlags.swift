import ArgumentParser
import SegmentationTraining

/// The study of a search: where it is kept, how large it is, and how its trials are chosen.
struct StudyFlags: ParsableArguments {
  @Option(help: "The number of trials of the whole study, those of other searches in it too (default: 20).")
  var trials: Int?
  @Option(
    help: ArgumentHelp(
      "Where the study is kept: a file, or an address such as sqlite:///study.db or postgresql://user@host/name "
        + "(default: study.db in the output folder).", valueName: "address"))
  var storage: String?
  @Option(help: ArgumentHelp("The study's name in the storage (default: rtseg).", valueName: "name"))
  var studyName: String?
  @Option(help: "How values are chosen: tpe, random, cmaes or gp (default: tpe).")
  var sampler: SearchOptions.Sampler?
  @Option(help: "How trials that promise little are ended early: median, hyperband or none (default: median).")
  var pruner: SearchOptions.Pruner?
  @Option(help: "The start of the sampler's random numbers; each search has its own by default.")
  var samplerSeed: Int?
  @Option(
    help: ArgumentHelp(
      "Seconds between a trial's signs of life; one that gave none for twice as long is begun again (default: 30).",
      valueName: "seconds"))
  var heartbeat: Int?
  @Option(help: "The processes of each trial, as with rtseg train --processes.") var processes: Int?

  func validateAll() throws {
    try checkOption("trials", trials, in: 1...100_000)
    try checkOption("sampler-seed", samplerSeed, in: 0...Int(UInt32.max))
    try checkOption("heartbeat", heartbeat, in: 1...3600)
    try checkOption("processes", processes, in: 1...4096)
    if let storage, storage.isEmpty { throw ValidationError("--storage: expected a file or an address") }
    if let studyName, studyName.isEmpty || studyName.count > 200 {
      throw ValidationError("--study-name: expected a name of at most 200 characters")
    }
  }

  func options(output: String) -> SearchOptions {
    var options = SearchOptions(storage: StudyStorage(storage ?? "\(output)/study.db"), output: output)
    options.trials = trials ?? options.trials
    options.study = studyName ?? options.study
    options.sampler = sampler ?? options.sampler
    options.pruner = pruner ?? options.pruner
    options.seed = samplerSeed
    options.heartbeat = heartbeat ?? options.heartbeat
    options.processes = processes
    return options
  }
}

extension SearchOptions.Sampler: ExpressibleByArgument {}
extension SearchOptions.Pruner: ExpressibleByArgument {}
