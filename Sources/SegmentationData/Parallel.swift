import Foundation
import Synchronization

/// Runs loops on all cores.
package enum Parallel {
  /// Calls `body` with each number from 0 up to, but not including, `count`, in no particular order, and with the
  /// number of the thread that calls.
  /// - Throws: The first error, which also ends the loop.
  package static func forEach(
    _ count: Int, threads: Int = ProcessInfo.processInfo.activeProcessorCount,
    _ body: @Sendable (_ index: Int, _ thread: Int) throws -> Void
  ) throws {
    let next = Atomic(0)
    let failure = Mutex<(any Error)?>(nil)
    DispatchQueue.concurrentPerform(iterations: max(1, min(threads, count))) { thread in
      while true {
        let index = next.add(1, ordering: .relaxed).oldValue
        guard index < count, failure.withLock({ $0 == nil }) else { return }
        do { try body(index, thread) } catch { failure.withLock { $0 = $0 ?? error } }
      }
    }
    if let error = failure.withLock({ $0 }) { throw error }
  }
}
