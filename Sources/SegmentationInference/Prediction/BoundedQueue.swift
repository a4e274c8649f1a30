import Foundation

/// Hands elements from one thread to another, a few at a time: who is ahead waits.
package final class BoundedQueue<Element: Sendable>: @unchecked Sendable {  // all is guarded by the condition
  private let condition = NSCondition()
  private let capacity: Int
  private var elements: [Element] = []
  private var isFinished = false
  private var isCancelled = false

  package init(capacity: Int) { self.capacity = max(1, capacity) }

  /// Waits for a place and adds an element; false if nobody wants more.
  package func put(_ element: Element) -> Bool {
    condition.lock()
    defer { condition.unlock() }
    while elements.count >= capacity, !isCancelled { condition.wait() }
    guard !isCancelled else { return false }
    elements.append(element)
    condition.broadcast()
    return true
  }

  /// Adds an element without waiting: if there is no place, the oldest one makes room.
  /// - Returns: The number of elements that were dropped; `nil` if nobody wants more.
  package func putInPlaceOfOldest(_ element: Element) -> Int? {
    condition.lock()
    defer { condition.unlock() }
    guard !isCancelled else { return nil }
    let dropped = max(0, elements.count - capacity + 1)
    elements.removeFirst(dropped)
    elements.append(element)
    condition.broadcast()
    return dropped
  }

  /// Waits for an element and removes it; nil after the last.
  package func take() -> Element? {
    condition.lock()
    defer { condition.unlock() }
    while elements.isEmpty, !isFinished, !isCancelled { condition.wait() }
    guard !elements.isEmpty, !isCancelled else { return nil }
    condition.broadcast()
    return elements.removeFirst()
  }

  /// Says that no more elements come.
  package func finish() {
    condition.lock()
    isFinished = true
    condition.broadcast()
    condition.unlock()
  }

  /// Drops what is there, and refuses what comes.
  package func cancel() {
    condition.lock()
    isCancelled = true
    elements = []
    condition.broadcast()
    condition.unlock()
  }
}
