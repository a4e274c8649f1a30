/// Why a run cannot start or go on, in one line.
public struct TrainingError: Error, CustomStringConvertible, Sendable {
  public let description: String
  /// Whether a smaller batch would need little enough memory.
  let isMemoryExhausted: Bool

  public init(_ description: String) { self.init(description, isMemoryExhausted: false) }

  init(_ description: String, isMemoryExhausted: Bool) {
    self.description = description
    self.isMemoryExhausted = isMemoryExhausted
  }
}
