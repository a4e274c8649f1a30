import Foundation
import Synchronization

/// A result that one thread waits for and another one gives.
final class AsynchronousResult<Value: Sendable>: Sendable {
  private let result = Mutex<Result<Value, any Error>?>(nil)
  private let semaphore = DispatchSemaphore(value: 0)

  func set(_ value: Result<Value, any Error>) {
    result.withLock { $0 = value }
    semaphore.signal()
  }

  /// Waits for the result; called once.
  func get() throws -> Value {
    semaphore.wait()
    return try result.withLock { $0! }.get()
  }
}
