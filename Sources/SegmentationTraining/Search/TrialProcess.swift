import Foundation
import Subprocess

/// Runs a trial as a process of this program. If it crashes or exhausts the memory, that ends the trial but not the
/// search.
struct TrialProcess {
  /// The way in which the process ended.
  struct End: Sendable {
    var status = TerminationStatus.exited(0)
    /// Whether the process reported that its run ended without an error.
    var hasEnded = false
    /// The best score that the process reported.
    var best: Double?
    /// Whether the search ended the trial early because of its scores.
    var wasPruned = false
    /// Whether the search ended the trial because the search itself was interrupted.
    var wasInterrupted = false
    var epochs = 0
    /// The last line that the process wrote to standard error.
    var lastLine: String?
  }

  private typealias Child = Execution<NoInput, DiscardedOutput, SequenceOutput>

  let program: URL
  let arguments: [String]

  private static let pollInterval = Duration.milliseconds(50)
  /// The longest wait after an interruption, in which a step is finished and saved.
  private static let endPatience = Duration.seconds(300)

  /// Runs the process until it ends.
  /// - Parameter report: Receives an epoch and its score, and returns whether the trial is to end.
  nonisolated(nonsending) func run(report: nonisolated(nonsending) (Int, Double) async throws -> Bool) async throws
    -> End
  {
    let listener = try TrialListener()
    var platform = PlatformOptions()
    // Ctrl-C must reach only the search, which passes it on. A process group of its own can be ended as a whole.
    platform.processGroupID = 0
    let environment = Environment.inherit.updating([
      Environment.Key(stringLiteral: TrialListener.variable): listener.path
    ])
    let result = try await Subprocess.run(
      .path(.init(program.path)), arguments: Arguments(arguments), environment: environment, platformOptions: platform,
      input: .none, output: .discarded, error: .sequence
    ) { (child: Child) -> (End, (any Error)?) in
      let isOver = RaisedFlag()
      async let lastLine = Self.lastLine(of: child.standardError, isOver)
      var end = End()
      var problem: (any Error)?
      do {
        try await Self.serve(child, listener, &end, until: isOver, report)
      } catch {
        problem = error
        try? child.send(signal: .kill, toProcessGroup: true)
      }
      end.lastLine = await lastLine
      return (end, problem)
    }
    var (end, problem) = result.closureResult
    if let problem { throw problem }
    end.status = result.terminationStatus
    return end
  }

  private nonisolated(nonsending) static func serve(
    _ child: Child, _ listener: TrialListener, _ end: inout End, until isOver: RaisedFlag,
    _ report: nonisolated(nonsending) (Int, Double) async throws -> Bool
  ) async throws {
    var interruption: ContinuousClock.Instant?
    while true {
      let isLast = isOver.isRaised
      for message in listener.messages() {
        switch message {
        case .scored(let epoch, let score):
          end.epochs = epoch
          if let score, try await report(epoch, score) { end.wasPruned = true }
          listener.answer(end.wasPruned ? .prune : .goOn)
        case .ended(let best): (end.hasEnded, end.best) = (true, best)
        }
      }
      if isLast { return }
      if let interruption {
        if ContinuousClock.now - interruption > endPatience { try? child.send(signal: .kill, toProcessGroup: true) }
      } else if InterruptFlag.isRaised {
        interruption = .now
        end.wasInterrupted = true
        try? child.send(signal: .terminate)
      }
      try await Task.sleep(for: pollInterval)
    }
  }

  /// Reads standard error until it ends.
  /// - Returns: The last line that this program reported as an error or, without one, the last line.
  private static func lastLine(of errors: SubprocessOutputSequence, _ isOver: RaisedFlag) async -> String? {
    defer { isOver.raise() }
    var last: String?
    var reported: String?
    do {
      for try await line in errors.strings(bufferingPolicy: .maxLineLength(1 << 20)) {
        if line.hasPrefix("rtseg: ") { reported = String(line.dropFirst(7)) }
        if !line.allSatisfy(\.isWhitespace) { last = line }
      }
    } catch {}
    return reported ?? last
  }
}
