import Synchronization

/// Something that has happened or not, seen from several threads.
final class RaisedFlag: Sendable {
  private let value = Atomic<Bool>(false)

  func raise() { value.store(true, ordering: .sequentiallyConsistent) }

  var isRaised: Bool { value.load(ordering: .sequentiallyConsistent) }
}
