import Foundation

extension Parallel {
  /// Calls `body` with each number from 0 up to, but not including, `count` on all cores, and adds the results to a
  /// state in the order of the numbers. The state is therefore the same whatever the number of threads.
  ///
  /// Work does not run ahead of the first number that is missing by more than `window`, so that few results wait.
  /// - Parameters:
  ///   - body: Gets the number and that of the thread that calls.
  ///   - add: Gets the state, the number and its result; one thread at a time calls it.
  /// - Returns: The state with all results.
  /// - Throws: The error of the lowest number, which also ends the loop.
  package static func reduce<State, Result: Sendable>(
    _ count: Int, into state: State, threads: Int = ProcessInfo.processInfo.activeProcessorCount, window: Int = 64,
    _ body: @Sendable (_ number: Int, _ thread: Int) throws -> Result,
    add: @Sendable (_ state: inout State, _ number: Int, _ result: Result) throws -> Void
  ) throws -> State {
    let order = Order<State, Result>(state, count: count, window: max(window, threads))
    DispatchQueue.concurrentPerform(iterations: max(1, min(threads, count))) { thread in
      while let number = order.take() {
        order.finish(number, Swift.Result { try body(number, thread) }, add)
      }
    }
    return try order.finalState()
  }

  /// The results that wait for those before them. The condition guards everything.
  private final class Order<State, Result>: @unchecked Sendable {
    private let condition = NSCondition()
    private let count: Int
    private let window: Int
    private var state: State
    /// The first number whose result was not added yet.
    private var next = 0
    /// The first number that no thread has taken.
    private var free = 0
    private var waiting: [Int: Swift.Result<Result, any Error>] = [:]
    private var failure: (any Error)?

    init(_ state: State, count: Int, window: Int) {
      (self.state, self.count, self.window) = (state, count, window)
    }

    /// A number to work on; nil if there are no more.
    func take() -> Int? {
      condition.withLock {
        // The thread that has taken `next` is at work and waits for nobody.
        while failure == nil, free < count, free >= next + window { condition.wait() }
        guard failure == nil, free < count else { return nil }
        free += 1
        return free - 1
      }
    }

    func finish(
      _ number: Int, _ result: Swift.Result<Result, any Error>, _ add: (inout State, Int, Result) throws -> Void
    ) {
      condition.withLock {
        waiting[number] = result
        while failure == nil, let ready = waiting.removeValue(forKey: next) {
          do { try add(&state, next, ready.get()) } catch { failure = error }
          next += 1
        }
        condition.broadcast()
      }
    }

    func finalState() throws -> State {
      try condition.withLock {
        if let failure { throw failure }
        return state
      }
    }
  }
}
