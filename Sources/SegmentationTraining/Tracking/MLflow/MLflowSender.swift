import Foundation

/// Sends a run's measurements to an MLflow server on a thread of its own, so that no step waits for the network.
///
/// If the server does not answer, the sender tries again at growing intervals. Meanwhile it keeps the latest
/// measurements.
final class MLflowSender: @unchecked Sendable {  // all that changes is guarded by the condition
  /// The names and contents of files to upload.
  typealias Files = [(name: String, content: Data)]

  private static let longestQueue = 20_000
  private static let longestPause = 60.0

  private let condition = NSCondition()
  private let open: @Sendable () throws(MLflowError) -> MLflowRun
  private let log: RunLog
  private let address: String
  private var waiting: [MLflowRun.Metric] = []
  private var dropped = 0
  private var ending: (status: MLflowRun.Status, files: Files)?
  private var isDone = false

  // Only the sending thread uses these.
  private var run: MLflowRun?
  private var pending: [MLflowRun.Metric] = []
  private var isUnreachable = false
  private var wasRefused = false

  /// - Parameter open: Creates the run on the server, or continues it.
  init(address: String, log: RunLog, open: @escaping @Sendable () throws(MLflowError) -> MLflowRun) {
    self.address = address
    self.log = log
    self.open = open
    Thread.detachNewThread { [self] in work() }
  }

  /// Adds measurements to the queue.
  func add(_ metrics: [MLflowRun.Metric]) {
    condition.lock()
    defer { condition.unlock() }
    guard !isDone, ending == nil else { return }
    waiting += metrics
    let excess = waiting.count - Self.longestQueue
    if excess > 0 {
      waiting.removeFirst(excess)
      dropped += excess
    }
    condition.broadcast()
  }

  /// Sends the rest of the queue, some files and the way in which the run ended. It gives up after some time.
  func finish(_ status: MLflowRun.Status, files: Files, within seconds: Double) {
    condition.lock()
    defer { condition.unlock() }
    ending = (status, files)
    condition.broadcast()
    let deadline = Date(timeIntervalSinceNow: seconds)
    while !isDone, condition.wait(until: deadline) {}
    isDone = true
    let lost = dropped + waiting.count + pending.count
    if lost > 0 { log.message("MLflow at \(address) has not received \(lost) of the run's values") }
  }

  // MARK: The thread that sends

  private func work() {
    var pause = 1.0
    while takeNext() {
      do throws(MLflowError) {
        try send()
        if isUnreachable { log.message("MLflow at \(address) answers again") }
        isUnreachable = false
        pause = 1
      } catch {
        guard case .unreachable = error else {
          refused(error)
          continue
        }
        if !isUnreachable {
          log.warn(
            "MLflow at \(address): \(error); the run goes on, and what it measures is sent once it answers again")
        }
        isUnreachable = true
        if !rest(pause) { break }
        pause = min(pause * 2, Self.longestPause)
      }
    }
    condition.lock()
    isDone = true
    condition.broadcast()
    condition.unlock()
  }

  /// Waits until there is something to send.
  /// - Returns: False if all is done.
  private func takeNext() -> Bool {
    condition.lock()
    defer { condition.unlock() }
    while run != nil, pending.isEmpty, waiting.isEmpty, ending == nil, !isDone { condition.wait() }
    if pending.isEmpty {
      pending = Array(waiting.prefix(MLflowRun.metricsPerRequest))
      waiting.removeFirst(pending.count)
    }
    return !isDone
  }

  private func send() throws(MLflowError) {
    let run: MLflowRun
    if let open = self.run { run = open } else { run = try open() }
    self.run = run
    if !pending.isEmpty { try run.log(pending) }
    condition.lock()
    pending = []
    let ending = waiting.isEmpty ? self.ending : nil
    condition.unlock()
    guard let ending else { return }
    try run.upload(ending.files, log: log)
    try run.end(ending.status)
    condition.lock()
    isDone = true
    condition.unlock()
  }

  /// Drops what the server refuses. If it refuses the run itself, the sender stops.
  private func refused(_ error: MLflowError) {
    condition.lock()
    let isAtEnd = ending != nil && waiting.isEmpty
    if run == nil || isAtEnd { isDone = true }
    dropped += pending.count
    pending = []
    condition.unlock()
    if !wasRefused { log.warn("MLflow at \(address): \(error); the run goes on without what it refuses") }
    wasRefused = true
  }

  /// Waits before the next try.
  /// - Returns: False if the run has ended, because nothing should delay that for long.
  private func rest(_ seconds: Double) -> Bool {
    condition.lock()
    defer { condition.unlock() }
    if ending != nil { return false }
    let deadline = Date(timeIntervalSinceNow: seconds)
    while ending == nil, !isDone, condition.wait(until: deadline) {}
    return !isDone
  }
}
