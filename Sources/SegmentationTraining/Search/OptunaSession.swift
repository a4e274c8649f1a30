import Files
import Foundation
import Subprocess

/// A conversation with Optuna, which runs in a process of its own. Each request and each answer is a JSON object on a
/// line; there is one request at a time.
///
/// When the session ends, for whatever reason, the process's input ends. A trial that is under way then goes back into
/// the study's queue.
final class OptunaSession {
  private typealias Child = Execution<CustomWriteInput, SequenceOutput, DiscardedOutput>

  private let python: OptunaPython
  private let child: Child
  private var answers: SubprocessOutputSequence.StringSequence<UTF8>.AsyncIterator
  private let isLate = RaisedFlag()
  private var storage = ""

  /// The longest time to wait for the process to end.
  private static let endPatience = Duration.seconds(60)
  private static let longestAnswer = 1 << 26

  private init(_ python: OptunaPython, _ child: Child) {
    self.python = python
    self.child = child
    answers =
      child.standardOutput.strings(bufferingPolicy: .maxLineLength(Self.longestAnswer)).makeAsyncIterator()
  }

  /// Starts the process and ends it after `body`.
  /// - Throws: `SearchError` if the process cannot be started or does not answer, and any error of `body`.
  nonisolated(nonsending) static func run<Value: Sendable>(
    _ python: OptunaPython, _ body: nonisolated(nonsending) (OptunaSession) async throws -> Value
  ) async throws -> Value {
    var platform = PlatformOptions()
    // Ctrl-C must reach only the search, which ends the trial first.
    platform.processGroupID = 0
    let result: Swift.Result<Value, any Error>
    do {
      result = try await Subprocess.run(
        .path(.init(python.path)), arguments: ["-c", OptunaScript.text], platformOptions: platform,
        input: .inputWriter, output: .sequence, error: .discarded
      ) { (child: Child) -> Swift.Result<Value, any Error> in
        let session = OptunaSession(python, child)
        let result: Swift.Result<Value, any Error>
        do { result = .success(try await body(session)) } catch { result = .failure(error) }
        await session.end()
        return result
      }.closureResult
    } catch let error as SubprocessError {
      throw SearchError("\(python.path) cannot be started: \(error); \(OptunaPython.advice)")
    }
    return try result.get()
  }

  private nonisolated(nonsending) func end() async {
    try? await child.standardInputWriter.finish()
    while let line = try? await nextLine(within: Self.endPatience), !line.isEmpty {}
  }

  // MARK: Questions

  nonisolated(nonsending) func open(_ request: OptunaRequest.Open, storage: StudyStorage) async throws
    -> OptunaAnswer.Opened
  {
    self.storage = storage.shown
    return try await ask(request)
  }

  nonisolated(nonsending) func ask() async throws -> OptunaAnswer.Asked {
    let asked: OptunaAnswer.Asked = try await ask(OptunaRequest.Plain(op: "ask"))
    guard asked.number.map({ $0 >= 0 }) ?? (asked.running != nil) else { throw unexpected("no trial and no reason") }
    return asked
  }

  /// Asks for the value of a parameter for the trial under way.
  nonisolated(nonsending) func suggest(_ name: String, _ distribution: SearchDistribution) async throws -> SearchValue {
    let answer: OptunaAnswer.Suggested = try await ask(OptunaRequest.Suggest(name, distribution))
    switch (distribution, answer.index, answer.value) {
    case (.categorical(let choices), let index?, nil) where choices.indices.contains(index): return choices[index]
    case (.integer(let low, let high, _, _), nil, .integer(let value)?) where (low...high).contains(value):
      return .integer(value)
    case (.float(let low, let high, _, _), nil, .number(let value)?) where (low...high).contains(value):
      return .number(value)
    case (.float(let low, let high, _, _), nil, .integer(let value)?) where (low...high).contains(Double(value)):
      return .number(Double(value))
    default: throw unexpected("a value of \(name) outside its range")
    }
  }

  /// Reports a score.
  /// - Returns: Whether the trial is to end early.
  nonisolated(nonsending) func report(_ value: Double, epoch: Int) async throws -> Bool {
    let answer: OptunaAnswer.Reported = try await ask(OptunaRequest.Report(step: epoch, value: value))
    return answer.prune
  }

  /// Ends the trial.
  /// - Returns: Whether the study accepted the result.
  nonisolated(nonsending) func tell(
    _ state: StudySummary.State, value: Double? = nil, attributes: [String: String] = [:]
  ) async throws -> Bool {
    let answer: OptunaAnswer.Told = try await ask(
      OptunaRequest.Tell(state: state.rawValue, value: value, attributes: attributes))
    return answer.counted
  }

  /// Ends the trial and puts it back into the queue.
  nonisolated(nonsending) func abandon() async throws {
    let _: OptunaAnswer.Nothing = try await ask(OptunaRequest.Plain(op: "abandon"))
  }

  nonisolated(nonsending) func summary() async throws -> StudySummary {
    try await ask(OptunaRequest.Plain(op: "summary"))
  }

  // MARK: Lines

  private nonisolated(nonsending) func ask<Answer: Decodable>(_ request: some Encodable) async throws -> Answer {
    let question = String(decoding: try JSONEncoder().encode(request), as: UTF8.self) + "\n"
    do { _ = try await child.standardInputWriter.write(question) } catch { throw ended }
    guard let line = try await nextLine(within: python.patience) else { throw ended }
    let decoder = JSONDecoder()
    if let failure = try? decoder.decode(OptunaAnswer.Failure.self, from: Data(line.utf8)) { throw refusal(failure) }
    guard let answer = try? decoder.decode(Answer.self, from: Data(line.utf8)) else {
      throw unexpected(line.printable(limit: 200))
    }
    return answer
  }

  /// The next line; `nil` if the process ended, also if it was ended because it did not answer in time.
  private nonisolated(nonsending) func nextLine(within limit: Duration) async throws -> String? {
    let watch = Task { [child, isLate] in
      try await Task.sleep(for: limit)
      isLate.raise()
      try? child.send(signal: .kill)
    }
    defer { watch.cancel() }
    do { return try await answers.next() } catch { throw ended }
  }

  // MARK: Errors

  private var ended: SearchError {
    SearchError(
      isLate.isRaised
        ? "Optuna (\(python.path)) did not answer for \(Int(python.patience.components.seconds)) seconds and was ended; "
          + "the study is kept, and the same command goes on with it"
        : "Optuna (\(python.path)) ended before its answer: try \(python.path) -c 'import optuna'; \(OptunaPython.advice)"
    )
  }

  private func unexpected(_ answer: String) -> SearchError {
    SearchError("Optuna (\(python.path)) gave an unexpected answer: \(answer)")
  }

  private func refusal(_ failure: OptunaAnswer.Failure) -> SearchError {
    switch failure.kind {
    case .optuna: SearchError("\(python.path): optuna \(failure.error): \(OptunaPython.advice)")
    case .package where failure.error == "torch" || failure.error == "scipy":
      SearchError(
        "--sampler gp: \(python.path) lacks the package \(failure.error): run make setup-search WITH=gp, or choose "
          + "another sampler")
    case .package:
      SearchError("\(python.path) lacks the package \(failure.error), which this search needs: \(OptunaPython.advice)")
    case .storage: SearchError("--storage \(storage): the studies cannot be reached: \(failure.error)")
    case .differs:
      SearchError(
        failure.error == Self.spaceKey
          ? "--storage \(storage): the study was begun with another space: take the space that it was begun with, or "
            + "choose another --study-name"
          : "--storage \(storage): the study was begun with another score: take the validation.monitor that it was begun "
            + "with, or choose another --study-name")
    case .study:
      SearchError(
        failure.error.isEmpty
          ? "--apply \(storage): there is no study in it"
          : "--apply \(storage): choose one of its studies with --study-name: \(failure.error)")
    case .order, .other: SearchError("Optuna: \(failure.error)")
    }
  }

  /// The attribute in which a study keeps the hash of its space.
  static let spaceKey = "rtseg_space"
  /// The attribute in which a study keeps the name of its score.
  static let monitorKey = "rtseg_monitor"
}
