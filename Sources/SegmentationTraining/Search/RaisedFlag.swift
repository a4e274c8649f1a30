import Synchronization

/// A flag that several threads can raise and read. It is never lowered.
final class RaisedFlag: Sendable {
  private let value = Atomic<Bool>(false)

  func raise() { value.store(true, ordering: .sequentiallyConsistent) }

  var isRaised: Bool { value.load(ordering: .sequentiallyConsistent) }
}
