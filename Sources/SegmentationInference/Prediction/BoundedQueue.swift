import Foundation

/// Hands elements from one thread to another, a few at a time: who is ahead waits.
final class BoundedQueue<Element: Sendable>: @unchecked Sendable {  // all is guarded by the condition
  private let condition = NSCondition()
  private let capacity: Int
  private var elements: [Element] = []
  private var isFinished = false
  private var isCancelled = false

  init(capacity: Int) { self.capacity = max(1, capacity) }

  /// Waits for a place and adds an element; false if nobody wants more.
  func put(_ element: Element) -> Bool {
    condition.lock()
    defer { condition.unlock() }
    while elements.count >= capacity, !isCancelled { condition.wait() }
    guard !isCancelled else { return false }
    elements.append(element)
    condition.broadcast()
    return true
  }

  /// Waits for an element and removes it; nil after the last.
  func take() -> Element? {
    condition.lock()
    defer { condition.unlock() }
    while elements.isEmpty, !isFinished, !isCancelled { condition.wait() }
    guard !elements.isEmpty, !isCancelled else { return nil }
    condition.broadcast()
    return elements.removeFirst()
  }

  /// Says that no more elements come.
  func finish() {
    condition.lock()
    isFinished = true
    condition.broadcast()
    condition.unlock()
  }

  /// Drops what is there, and refuses what comes.
  func cancel() {
    condition.lock()
    isCancelled = true
    elements = []
    condition.broadcast()
    condition.unlock()
  }
}
