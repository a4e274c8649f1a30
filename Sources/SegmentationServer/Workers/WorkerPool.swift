import Foundation
import Synchronization
import Torch

/// Threads that label images, and the queue of the work for them.
final class WorkerPool: Sendable {
  private struct State {
    /// The work that waits, the oldest first.
    var queue: [@Sendable (Worker) -> Void] = []
    var running = 0
    var isStopped = false
    /// Why the first worker that could not be prepared failed.
    var failure: (any Error)?
  }

  private let state = Mutex(State())
  /// One signal for each piece of work, and for each thread at the end.
  private let signals = DispatchSemaphore(value: 0)
  private let count: Int

  /// Starts the threads and waits until each of them is prepared.
  /// - Parameters:
  ///   - workers: The workers, which nobody else uses from now on.
  ///   - threads: The number of CPU threads of each worker.
  /// - Throws: The error of the first network that cannot be prepared.
  init(_ workers: [Worker], threads: Int) throws {
    count = workers.count
    let prepared = DispatchSemaphore(value: 0)
    for worker in workers {
      let handed = HandedOver(worker)
      let thread = Thread { [self] in
        // The setting is the thread's own.
        Libtorch.threads = threads
        let worker = handed.value
        do { try worker.prepare() } catch { state.withLock { $0.failure = $0.failure ?? error } }
        prepared.signal()
        serve(worker)
      }
      thread.name = "rtseg-context"
      thread.stackSize = 8 << 20
      thread.start()
    }
    for _ in workers { prepared.wait() }
    if let error = state.withLock({ $0.failure }) {
      stop()
      throw error
    }
  }

  /// The numbers of pieces of work that wait and that are being done.
  var load: (waiting: Int, running: Int) { state.withLock { ($0.queue.count, $0.running) } }

  /// Waits until a worker has done a piece of work.
  /// - Throws: The error of the work, or `CancellationError`.
  func run<Result: Sendable>(_ job: Job<Result>) async throws -> Result {
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        job.start(continuation) { try enqueue { job.run(on: $0) } }
      }
    } onCancel: {
      job.fail(CancellationError())
    }
  }

  /// Ends the threads; work that waits is still done.
  func stop() {
    state.withLock { $0.isStopped = true }
    for _ in 0..<count { signals.signal() }
  }

  private func enqueue(_ work: @escaping @Sendable (Worker) -> Void) throws {
    try state.withLock { state in
      if state.isStopped { throw CancellationError() }
      state.queue.append(work)
    }
    signals.signal()
  }

  private func serve(_ worker: Worker) {
    while true {
      signals.wait()
      let work: (@Sendable (Worker) -> Void)? = state.withLock { state in
        guard !state.queue.isEmpty else { return nil }
        state.running += 1
        return state.queue.removeFirst()
      }
      guard let work else { return }
      autoreleased { work(worker) }
      state.withLock { $0.running -= 1 }
    }
  }

  private func autoreleased(_ body: () -> Void) {
    #if canImport(ObjectiveC)
      autoreleasepool { body() }
    #else
      body()
    #endif
  }
}

/// A value that another thread uses from now on, and its maker does not.
private struct HandedOver<Value>: @unchecked Sendable {
  let value: Value
  init(_ value: Value) { self.value = value }
}
