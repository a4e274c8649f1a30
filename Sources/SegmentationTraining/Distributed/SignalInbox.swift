import Foundation
import Synchronization

/// The signals that have reached a process that passes them on.
enum SignalInbox {
  /// Begins to catch the signals that stop a run, except those that the process was started to ignore, as with `nohup`.
  static func open() {
    // A signal handler may only touch what exists already, so the globals are initialized first.
    _ = take()
    var caught = sigset_t()
    sigemptyset(&caught)
    for number in InterruptFlag.signals where !InterruptFlag.isIgnored(number) {
      signal(number, handle)
      sigaddset(&caught, number)
    }
    pthread_sigmask(SIG_UNBLOCK, &caught, nil)
  }

  /// Gives the signals back their usual effect.
  static func close() {
    for number in InterruptFlag.signals where !InterruptFlag.isIgnored(number) { signal(number, SIG_DFL) }
  }

  /// The signals that have come since the last call.
  static func take() -> [Int32] {
    func list(_ number: Int32, _ count: Int) -> [Int32] { [Int32](repeating: number, count: count) }
    return list(SIGINT, interruptions.exchange(0, ordering: .relaxed))
      + list(SIGTERM, terminations.exchange(0, ordering: .relaxed))
      + list(SIGHUP, hangUps.exchange(0, ordering: .relaxed))
  }
}

private let interruptions = Atomic<Int>(0)
private let terminations = Atomic<Int>(0)
private let hangUps = Atomic<Int>(0)

private let handle: @convention(c) (Int32) -> Void = { number in
  switch number {
  case SIGINT: interruptions.add(1, ordering: .relaxed)
  case SIGTERM: terminations.add(1, ordering: .relaxed)
  default: hangUps.add(1, ordering: .relaxed)
  }
}
