import Basics
import Files
import Foundation
import SegmentationData
import Subprocess

/// Searches for the options with the best score. Optuna chooses the options; each trial is a training run of its own.
///
/// Several searches, also on different machines, work on one study if they share its storage. If a search dies, another
/// search, or the next one, begins its trial again.
package struct HyperparameterSearch {
  /// The two ways in which a search ends.
  package enum Outcome: Sendable {
    case finished(StudySummary)
    case interrupted
  }

  private let options: SearchOptions
  private let base: TrainingOptions
  private let space: SearchSpace
  private let program: URL
  private let python: OptunaPython
  private let records: SearchRecords
  private let say: @Sendable (String) -> Void
  private let progress: @Sendable (String) -> Void
  private let monitor: ScoreKind

  /// The number of times that a trial is begun again after it died with its machine.
  private static let retries = 10
  /// The number of trials whose failure ends the search if no trial of the study has a score by then.
  private static let failureLimit = 3

  /// Checks everything before the first trial.
  /// - Parameters:
  ///   - options: The options of the search.
  ///   - base: The training options that the space varies.
  ///   - space: The parameters that the search varies.
  ///   - program: The path of this program, which is started for each trial.
  ///   - python: The Python that has Optuna.
  ///   - say: Receives a line about each trial.
  ///   - progress: Receives a line about the trial under way.
  /// - Throws: An error described in one line if the search is impossible.
  package init(
    options: SearchOptions, base: TrainingOptions, space: SearchSpace, program: URL, python: OptunaPython,
    say: @escaping @Sendable (String) -> Void, progress: @escaping @Sendable (String) -> Void
  ) throws {
    guard base.validation.enabled else {
      throw SearchError("validation.enabled: expected true, since a search compares scores")
    }
    try space.check(over: base)
    let dataset = try Dataset.open(base.data.located())
    for split in [Split.train, .val] { _ = try dataset.samples(of: split) }
    self.options = options
    self.base = base
    self.space = space
    self.program = program
    self.python = python
    self.say = say
    self.progress = progress
    records = SearchRecords(folder: URL(filePath: options.output), monitor: base.validation.monitoredScore)
    monitor = base.validation.monitoredScore
  }

  package nonisolated(nonsending) func run() async throws -> Outcome {
    try FileSystem.makeFolder(options.output)
    return try await OptunaSession.run(python) { session in
      let opened = try await session.open(request, storage: options.storage)
      say(
        "study \(opened.study) in \(options.storage.shown): up to \(options.trials) trials, \(options.sampler.rawValue), "
          + "pruner \(options.pruner.rawValue), Optuna \(opened.version)")
      return try await search(session)
    }
  }

  private var request: OptunaRequest.Open {
    OptunaRequest.Open(
      storage: options.storage.address, study: options.study,
      direction: monitor.lowerIsBetter ? "minimize" : "maximize",
      sampler: options.sampler.rawValue, pruner: options.pruner.rawValue, seed: options.seed, resource: base.epochs,
      trials: options.trials, heartbeat: options.heartbeat, retries: Self.retries,
      attributes: [OptunaSession.spaceKey: space.hash, OptunaSession.monitorKey: monitor.name], create: true)
  }

  private nonisolated(nonsending) func search(_ session: OptunaSession) async throws -> Outcome {
    var failures = 0
    var waitingSince: ContinuousClock.Instant?
    while !InterruptFlag.isRaised {
      let asked = try await session.ask()
      guard let number = asked.number else {
        // A trial of another search may still die; it is then begun again here.
        guard let running = asked.running, running > 0 else { break }
        if waitingSince == nil { say("waits for \(running) trial\(running == 1 ? "" : "s") of other searches") }
        let since = waitingSince ?? .now
        waitingSince = since
        if ContinuousClock.now - since > .seconds(3 * options.heartbeat) {
          say("trials of other searches go on; if one of them dies, start a search of the study again")
          break
        }
        try await pause()
        continue
      }
      waitingSince = nil
      guard let failure = try await trial(number, retrying: asked.retried, session) else { continue }
      failures += 1
      let summary = try await session.summary()
      if failures >= Self.failureLimit, summary.count(.complete, .pruned) == 0 {
        throw SearchError("\(failures) trials failed and none has a score; the last one: \(failure)")
      }
    }
    let summary = try await session.summary()
    try records.write(summary)
    if InterruptFlag.isRaised { return .interrupted }
    guard summary.best != nil else { throw SearchError("no trial of the study has a score: \(records.folder.path)") }
    return .finished(summary)
  }

  /// Waits for a second, or less if the search is interrupted.
  private nonisolated(nonsending) func pause() async throws {
    for _ in 0..<20 where !InterruptFlag.isRaised { try await Task.sleep(for: .milliseconds(50)) }
  }

  // MARK: A trial

  /// Runs a trial and reports its result.
  /// - Returns: The reason why the trial failed; `nil` if it did not.
  private nonisolated(nonsending) func trial(_ number: Int, retrying: Int?, _ session: OptunaSession) async throws
    -> String?
  {
    let start = ContinuousClock.now
    var values: [String: SearchValue] = [:]
    for parameter in space.parameters where space.includes(parameter, with: values) {
      values[parameter.name] = try await session.suggest(parameter.name, parameter.distribution)
    }
    let run: TrialRun
    let end: TrialProcess.End
    do {
      run = try await TrialRun(
        number, retrying: retrying, options: try space.options(at: values, over: base), in: options.output)
      end = try await train(run) { epoch, score in
        progress("trial \(number)  epoch \(epoch)/\(base.epochs)  \(monitor.title) \(shown(score))")
        return try await session.report(score, epoch: epoch)
      }
    } catch let error as ConfigurationError {
      // Each of the values is allowed by itself, but not together with the others.
      return try await fail(number, "\(error)", session)
    }
    let attributes = [
      "rtseg_folder": run.folder, "rtseg_seconds": String(format: "%.1f", (ContinuousClock.now - start).seconds),
    ]
    let again = retrying.map { run.isResumed ? " (trial \($0) goes on)" : " (trial \($0) again)" }
    let title = "trial \(number)\(again ?? "")"
    if end.wasInterrupted {
      try await session.abandon()
      say("\(title): interrupted, goes back into the queue")
    } else if end.wasPruned, end.status.isSuccess {
      _ = try await session.tell(.pruned, attributes: attributes)
      say("\(title): pruned after epoch \(end.epochs)")
      try records.write(try await session.summary())
    } else if end.hasEnded, end.status.isSuccess, let score = end.best {
      let isCounted = try await session.tell(.complete, value: score, attributes: attributes)
      let summary = try await session.summary()
      try records.write(summary)
      let best = summary.bestTrial.map { "; the best is \(shown($0.value ?? 0)), trial \($0.number)" } ?? ""
      say(
        "\(title): \(monitor.title) \(shown(score))"
          + (isCounted ? best : "; it does not count, since others took the trial for dead"))
    } else {
      return try await fail(number, reason(end), session, attributes: attributes)
    }
    return nil
  }

  private nonisolated(nonsending) func fail(
    _ number: Int, _ reason: String, _ session: OptunaSession, attributes: [String: String] = [:]
  ) async throws -> String {
    let reason = reason.printable(limit: 500)
    _ = try await session.tell(.fail, attributes: attributes.merging(["rtseg_failure": reason]) { $1 })
    say("trial \(number): failed: \(reason)")
    try records.write(try await session.summary())
    return reason
  }

  private nonisolated(nonsending) func train(
    _ run: TrialRun, report: nonisolated(nonsending) (Int, Double) async throws -> Bool
  ) async throws -> TrialProcess.End {
    let file = FileManager.default.temporaryDirectory.appending(path: "rtseg-trial-\(UUID().uuidString).yaml")
    defer { try? FileManager.default.removeItem(at: file) }
    try AtomicFile.write(Data(ConfigurationLoader(defaults: TrainingOptions()).yaml(run.options).utf8), to: file)
    let processes = options.processes.map { ["--processes", "\($0)"] } ?? []
    let start = run.isResumed ? ["--resume", run.folder] : ["--config", file.path]
    return try await TrialProcess(program: program, arguments: ["train"] + start + processes).run(report: report)
  }

  private func reason(_ end: TrialProcess.End) -> String {
    switch end.status {
    case .exited(0): end.hasEnded ? "no validation gave a score that is a number" : "it ended without a result"
    case .exited(let code): end.lastLine ?? "it ended with status \(code)"
    case .signaled(SIGKILL): "it was killed, perhaps for want of memory"
    case .signaled(let signal): "it was ended by signal \(signal)"
    }
  }

  private func shown(_ score: Double) -> String { percent(score) }
}
