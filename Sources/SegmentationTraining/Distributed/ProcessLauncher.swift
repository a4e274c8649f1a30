import Foundation
import Torch

/// Starts the processes of a run on this machine, passes signals on to them and ends all of them if one fails.
public struct ProcessLauncher {
  /// The path of the program that each process runs.
  let program: String
  /// The program's arguments, the same for all processes.
  let arguments: [String]
  let count: Int
  /// Says where a failed run can go on from, for the last line of output; `nil` if nowhere.
  let placeOfState: () -> String?
  /// The time that workers may take to end by themselves once one has failed.
  private let grace = Duration.seconds(10)

  /// Prepares to start processes.
  /// - Parameters:
  ///   - program: The path of the program that each process runs.
  ///   - arguments: The program's arguments, the same for all processes.
  ///   - count: The number of processes.
  ///   - placeOfState: Says where a failed run can go on from; `nil` if nowhere.
  public init(program: String, arguments: [String], count: Int, placeOfState: @escaping () -> String?) {
    self.program = program
    self.arguments = arguments
    self.count = count
    self.placeOfState = placeOfState
  }

  /// Runs the processes until all have ended.
  /// - Returns: The exit status of process 0: 0, or 128 plus the number of the signal that has stopped the run.
  /// - Throws: `TrainingError` with the reason if a process fails; then no process is left.
  public func run() throws -> Int32 {
    // Writing to a worker that is gone must not end this process; its end is noticed below.
    signal(SIGPIPE, SIG_IGN)
    SignalInbox.open()
    defer { SignalInbox.close() }
    var environment = ProcessInfo.processInfo.environment
    environment["WORLD_SIZE"] = "\(count)"
    environment["LOCAL_WORLD_SIZE"] = "\(count)"
    // The port is held from here on, so that no other program takes it before the workers meet.
    let server = try RendezvousServer()
    defer { withExtendedLifetime(server) {} }
    environment["MASTER_ADDR"] = "127.0.0.1"
    environment["MASTER_PORT"] = "\(server.port)"
    environment["TORCHELASTIC_USE_AGENT_STORE"] = "True"
    environment["TORCHELASTIC_RESTART_COUNT"] = nil
    var workers: [WorkerProcess] = []
    // Whatever happens here, no worker is left.
    defer {
      for worker in workers { worker.end() }
      while workers.contains(where: { $0.ending == nil }) {
        for worker in workers { worker.look() }
        usleep(1000)
      }
    }
    for rank in 0..<count {
      environment["RANK"] = "\(rank)"
      environment["LOCAL_RANK"] = "\(rank)"
      workers.append(
        try WorkerProcess(rank: rank, program: program, arguments: arguments, environment: environment))
    }
    return try watch(workers) { server.leave($0, key: TrainingWorld.failureKey) }
  }

  /// - Parameter tell: Tells all workers why one of them has failed.
  private func watch(_ workers: [WorkerProcess], tell: (String) -> Void) throws -> Int32 {
    var passedOn: Set<Int32> = []
    var ended: [WorkerProcess] = []
    var deadline: ContinuousClock.Instant?

    func isFailure(_ ending: WorkerProcess.Ending) -> Bool {
      switch ending {
      case .exit(let code): code != 0 && !InterruptFlag.signals.contains(code - 128)
      case .signal(let number): !passedOn.contains(number)
      }
    }
    while ended.count < workers.count {
      for signal in SignalInbox.take() {
        passedOn.insert(signal)
        for worker in workers { worker.send(signal) }
      }
      for worker in workers where worker.ending == nil {
        worker.look()
        guard let ending = worker.ending else { continue }
        ended.append(worker)
        if deadline == nil, isFailure(ending) {
          deadline = .now + grace
          if Self.isCause(worker) { tell(Self.words(of: worker)) }
          for worker in workers { worker.tellOfFailure() }
        }
      }
      // A worker that a signal has suspended does not end by itself.
      let isHopeless = workers.allSatisfy { $0.ending != nil || $0.stoppingSignal != nil }
      if let deadline, ContinuousClock.now >= deadline || isHopeless { break }
      usleep(10_000)
    }
    if deadline != nil { throw TrainingError(reason(workers, ended: ended.filter { isFailure($0.ending!) })) }
    switch workers[0].ending {
    case .exit(let code)?: return code
    case .signal(let number)?: return 128 + number
    case nil: return 1
    }
  }

  /// One line that says why the run has failed.
  /// - Parameter ended: The workers that have failed, the first one first.
  private func reason(_ workers: [WorkerProcess], ended: [WorkerProcess]) -> String {
    let place = placeOfState().map { "; \($0)" } ?? ""
    if let standing = workers.first(where: { $0.stoppingSignal != nil }), !ended.contains(where: Self.isCause) {
      return
        "rank \(standing.rank) stands still, stopped by \(Self.name(standing.stoppingSignal!)), and the others have "
        + "waited for it in vain (--process-timeout)\(place)"
    }
    let guilty = ended.first(where: Self.isCause) ?? ended[0]
    // If all processes fail for the same reason, such as a wrong option, the line does not name one of them.
    if let reason = guilty.failure?.reason, ended.count == workers.count,
      ended.allSatisfy({ $0.failure?.reason == reason })
    {
      return reason
    }
    let words = Self.words(of: guilty)
    return words + (words.contains(".pth") ? "" : place)
  }

  /// Whether a worker has failed by itself, and not because another one has.
  private static func isCause(_ worker: WorkerProcess) -> Bool {
    if case .signal? = worker.ending { return true }
    return worker.failure?.isConsequence != true
  }

  /// Which worker has failed, and why.
  private static func words(of worker: WorkerProcess) -> String {
    let rank = "rank \(worker.rank)"
    switch (worker.ending, worker.failure?.reason) {
    case (_, let reason?): return reason.hasPrefix(rank) ? reason : "\(rank): \(reason)"
    case (.signal(let number)?, nil):
      return "\(rank) was ended by \(name(number))"
        + (number == SIGKILL ? ", as the system does if memory is exhausted" : "")
    case (.exit(let code)?, nil): return "\(rank) ended with the status \(code)"
    case (nil, nil): return "\(rank) has failed"
    }
  }

  private static func name(_ signal: Int32) -> String { "signal \(signal) (\(String(cString: strsignal(signal))))" }
}
