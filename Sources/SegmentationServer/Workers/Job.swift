import Synchronization

/// A piece of work that waits for a worker, and the task that waits for its result.
final class Job<Result: Sendable>: Sendable {
  private enum State {
    case new
    case waiting(CheckedContinuation<Result, any Error>)
    case running(CheckedContinuation<Result, any Error>)
    case finished
  }

  private let state = Mutex(State.new)
  private let work: @Sendable (Worker) throws -> Result

  init(_ work: @escaping @Sendable (Worker) throws -> Result) { self.work = work }

  /// Notes who waits, and puts the work into a queue unless nobody needs it any more.
  func start(_ continuation: CheckedContinuation<Result, any Error>, enqueue: () throws -> Void) {
    let isNeeded = state.withLock { state in
      guard case .new = state else { return false }
      state = .waiting(continuation)
      return true
    }
    guard isNeeded else { return continuation.resume(throwing: CancellationError()) }
    do { try enqueue() } catch { fail(error) }
  }

  /// Does the work on a worker's thread; nothing if nobody waits any more.
  func run(on worker: Worker) {
    let isNeeded = state.withLock { state in
      guard case .waiting(let continuation) = state else { return false }
      state = .running(continuation)
      return true
    }
    guard isNeeded else { return }
    let result = Swift.Result { try work(worker) }
    finish { $0.resume(with: result) }
  }

  /// Gives up; the work is skipped unless it has begun.
  func fail(_ error: any Error) { finish { $0.resume(throwing: error) } }

  /// Gives up unless the work has begun.
  func failIfWaiting(_ error: any Error) {
    let continuation: CheckedContinuation<Result, any Error>? = state.withLock { state in
      guard case .waiting(let continuation) = state else { return nil }
      state = .finished
      return continuation
    }
    continuation?.resume(throwing: error)
  }

  private func finish(_ resume: (CheckedContinuation<Result, any Error>) -> Void) {
    let continuation: CheckedContinuation<Result, any Error>? = state.withLock { state in
      defer { state = .finished }
      switch state {
      case .waiting(let continuation), .running(let continuation): return continuation
      case .new, .finished: return nil
      }
    }
    continuation.map(resume)
  }
}
