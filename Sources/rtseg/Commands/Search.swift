import ArgumentParser
import Files
import Foundation
import SegmentationTraining

struct Search: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Search for the options with the best score, with Optuna.",
    discussion: """
      Examples:
        rtseg search --config run.yaml --space space.yaml --trials 50
        rtseg search --config run.yaml --apply runs/search/study.db

      Each trial is a run of rtseg train with options that the space allows, in OUTPUT/trial_N. OUTPUT also receives \
      trial_scores.json, optuna_results.json and search.svg. The study is kept in the storage: the same command goes on \
      with it, and several at once, also on other machines, share it. Ctrl-C ends the trial under way, which goes back \
      into the queue.

      make setup-search installs Optuna; RTSEG_PYTHON names another python that has it. docs/search.md tells more.
      """)

  /// The options that say what is searched and what is written.
  struct Files: ParsableArguments {
    @Option(
      help: ArgumentHelp(
        "The file with the options to search and their values (YAML). See configs/search/.", valueName: "file"),
      completion: .configurations)
    var space: String?
    @Option(
      help: ArgumentHelp(
        """
        The folder for the trials and results, or with --apply the file to write. (default: runs/search, or best.yaml)
        """, valueName: "path"), completion: .file())
    var output: String?
    @Option(
      help: ArgumentHelp(
        """
        Do not search, but write the configuration of the best trial of the study in this storage: a file or an address.
        """, valueName: "storage"), completion: .file(extensions: ["db", "log"]))
    var apply: String?
  }

  @OptionGroup(title: "Search") var files: Files
  @OptionGroup var flags: ConfigurationFlags<TrainedNetworkFlags>
  @OptionGroup var training: TrainingFlags
  @OptionGroup(title: "Study") var study: StudyFlags

  private var space: String? { files.space }
  private var output: String? { files.output }
  private var apply: String? { files.apply }

  func validate() throws {
    try study.validateAll()
    try refuseOption(training.isBatchSizeAutomatic, "--batch-size auto is for rtseg train: give a number")
    if apply != nil {
      try refuseOption(space != nil, "--apply takes the values from the study: leave out --space")
      try refuseOption(study.storage != nil, "--apply names the storage itself: leave out --storage")
      if let option = study.searchOptions.first {
        throw ValidationError("\(option) is for a search, and --apply does not search: leave it out")
      }
    } else if space == nil {
      throw ValidationError(
        "--space is missing: a file with the options to search, such as configs/search/reference.yaml")
    }
  }

  func run() throws {
    let base = try flags.options(more: training.overrides)
    let program = Bundle.main.executableURL ?? URL(filePath: CommandLine.arguments[0])
    let environment = ProcessInfo.processInfo.environment
    if let apply {
      let python = try OptunaPython.find(environment: environment, program: program)
      return try write(StudyStorage(apply), base: base, python: python)
    }
    let space = try SearchSpaceReader.read(URL(filePath: space ?? ""))
    let search = try HyperparameterSearch(
      options: study.options(output: output ?? "runs/search"), base: base, space: space, program: program,
      python: OptunaPython.find(environment: environment, program: program),
      say: { line in
        Terminal.clearProgress()
        print(line)
      }, progress: Terminal.showProgress)
    InterruptFlag.install()
    switch try waiting(for: { try await search.run() }) {
    case .interrupted:
      print("interrupted; the study is kept, and the same command goes on with it")
      throw ExitCode(InterruptFlag.exitCode ?? 130)
    case .finished(let summary): report(summary)
    }
  }

  private func report(_ summary: StudySummary) {
    guard let best = summary.bestTrial, let score = best.value else { return }
    let values = best.params.map { "\($0.name)=\($0.value.yaml)" }.joined(separator: ", ")
    print(
      "the best of \(summary.trials.count { $0.retried == nil }) trials is trial \(best.number) with \(score): \(values)"
    )
    print("rtseg search --apply \(study.storage ?? "\(output ?? "runs/search")/study.db") writes its configuration")
  }

  private func write(_ storage: StudyStorage, base: TrainingOptions, python: OptunaPython) throws {
    let output = output ?? "best.yaml"
    var plan = OutputPlan()
    for input in [flags.config, storage.file].compactMap({ $0 }) { plan.add(input: input) }
    plan.add(output: output, of: "--output")
    try plan.check()
    InterruptFlag.install()
    let name = study.studyName
    let best = try waiting(for: {
      try await BestTrial.options(storage: storage, study: name, base: base, python: python)
    })
    let text = """
      # The best trial of a search: trial \(best.number), with a score of \(best.score).
      \(ConfigurationLoader(defaults: TrainingOptions()).yaml(best.options))
      """
    try AtomicFile.write(Data(text.utf8), to: URL(filePath: output))
    print("\(output): the configuration of trial \(best.number), with a score of \(best.score)")
  }

  /// Waits until an asynchronous function is done.
  private func waiting<Value: Sendable>(for body: @escaping @Sendable () async throws -> Value) throws -> Value {
    let result = AsynchronousResult<Value>()
    Task.detached {
      do { result.set(.success(try await body())) } catch { result.set(.failure(error)) }
    }
    return try result.get()
  }
}
