import Files
import Foundation

/// Reports each score of this run to the search that began it, and ends the run if the search asks for it.
///
/// If the search is gone, the run is interrupted as by SIGTERM, because nobody waits for its result.
package final class SearchedTrial: TrainingObserver {
  private let path: String
  private var socket: LocalSocket?
  private var best: Double?
  private let hasEnded = RaisedFlag()

  /// The longest time to wait for an answer, in milliseconds.
  private static let patience: Int32 = 600_000

  /// An observer for this process's trial; `nil` if no search began this process.
  /// - Throws: `SearchError` if the environment variable does not hold the path of a socket.
  package static func current(
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(SearchError) -> SearchedTrial? {
    guard let path = environment[TrialListener.variable] else { return nil }
    guard path.hasPrefix("/"), FileName.bytes(path).count <= LocalSocket.longestPath,
      FileSystem.kind(of: path) == .other
    else {
      throw SearchError(
        "\(TrialListener.variable): expected the path of a socket, which rtseg search sets for its trials, found "
          + "'\(path.printable(limit: 200))'; leave it unset")
    }
    return SearchedTrial(path: path)
  }

  private init(path: String) { self.path = path }

  package func runBegan(_ trainer: Trainer) throws {
    let socket: LocalSocket
    do { socket = try LocalSocket(connectingTo: path) } catch {
      throw SearchError("the search that began this trial has ended: \(error)")
    }
    self.socket = socket
    // A run that is resumed has a score already.
    best = try trainer.bestValidation()?.scores[trainer.options.validation.monitor]
    watch(socket.descriptor)
  }

  package func validationEnded(_ row: MetricsRow, _ trainer: Trainer) throws {
    guard let socket else { return }
    let monitor = trainer.options.validation.monitoredScore
    let score = row.scores[monitor.name].flatMap { $0.isFinite ? $0 : nil }
    if let score { best = best.map { monitor.isBetter(score, than: $0) ? score : $0 } ?? score }
    socket.send(TrialMessage.scored(epoch: row.epoch, score: score).line)
    switch socket.line(within: Self.patience).flatMap(TrialVerdict.init) {
    case .goOn?: break
    case .prune?: trainer.requestStop("pruned: the search ends this trial, which promises less than others")
    case nil: trainer.requestStop("stopped: the search that began this trial has ended, or does not answer")
    }
  }

  package func runEnded(_ summary: TrainingSummary, _ trainer: Trainer) throws {
    hasEnded.raise()
    socket?.send(TrialMessage.ended(best: best).line)
  }

  private func watch(_ descriptor: Int32) {
    let thread = Thread { [hasEnded] in
      var poll = pollfd(fd: descriptor, events: 0, revents: 0)
      while Foundation.poll(&poll, 1, -1) < 0, errno == EINTR {}
      if !hasEnded.isRaised { kill(getpid(), SIGTERM) }
    }
    thread.start()
  }
}
