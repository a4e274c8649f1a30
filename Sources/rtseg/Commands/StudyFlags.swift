import ArgumentParser
import SegmentationTraining

/// The study of a search: where it is kept, how large it is, and how its trials are chosen.
struct StudyFlags: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      The number of trials of the whole study, including trials of other searches that share it. (default: \
      \(Self.defaults.trials))
      """, valueName: "n"))
  var trials: Int?
  @Option(
    help: ArgumentHelp(
      """
      The storage of the study: a file, or an address such as sqlite:///study.db or postgresql://user@host/name. (default: \
      study.db in the output folder)
      """, valueName: "address"), completion: .file(extensions: ["db", "log"]))
  var storage: String?
  @Option(help: ArgumentHelp("The study's name in the storage. (default: \(Self.defaults.study))", valueName: "name"))
  var studyName: String?
  @Option(help: "Optuna's algorithm that chooses the values of a trial. (default: \(Self.defaults.sampler.rawValue))")
  var sampler: SearchOptions.Sampler?
  @Option(help: "Optuna's rule for ending bad trials early. (default: \(Self.defaults.pruner.rawValue))")
  var pruner: SearchOptions.Pruner?
  @Option(
    help: ArgumentHelp(
      "The seed of the algorithm that chooses values. (default: another one for each search)", valueName: "n"))
  var samplerSeed: Int?
  @Option(
    help: ArgumentHelp(
      """
      A trial shows every so many seconds that it is alive. A trial that has not done so for twice as long is started \
      again. (default: \(Self.defaults.heartbeat))
      """,
      valueName: "seconds"))
  var heartbeat: Int?
  @Option(
    help: ArgumentHelp(
      "The number of processes of each trial. (default: one per CUDA device, or one on the CPU)", valueName: "n"))
  var processes: Int?

  private static let defaults = SearchOptions(storage: StudyStorage(""), output: "")

  /// The options given that only a search uses.
  var searchOptions: [String] {
    [
      ("--trials", trials != nil), ("--sampler", sampler != nil), ("--pruner", pruner != nil),
      ("--sampler-seed", samplerSeed != nil), ("--heartbeat", heartbeat != nil), ("--processes", processes != nil),
    ].filter(\.1).map(\.0)
  }

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
