import Foundation
import Synchronization

/// Whether the process has been asked to stop by SIGINT (Ctrl-C), SIGTERM or SIGHUP (the terminal has gone).
///
/// The first signal sets a flag, which the trainer polls to finish its step and save; a second SIGINT ends the process
/// at once. A process that was started with SIGHUP ignored (`nohup`) goes on ignoring it. A reader of the output that
/// goes away (`rtseg train | head -1`) ends nothing: SIGPIPE is ignored.
public enum InterruptFlag {
  static let signals = [SIGINT, SIGTERM, SIGHUP]

  /// Catches the signals from now on.
  public static func install() {
    // The handler may only touch what is already there: initialise the global first.
    received.store(0, ordering: .relaxed)
    // A parent may have started this process from a thread that blocks signals, which is inherited.
    var caught = sigset_t()
    sigemptyset(&caught)
    for number in signals where number != SIGHUP || !isIgnored(number) {
      signal(number, handle)
      sigaddset(&caught, number)
    }
    pthread_sigmask(SIG_UNBLOCK, &caught, nil)
    signal(SIGPIPE, SIG_IGN)
  }

  /// Gives the signals back their usual effect and clears the flag.
  public static func uninstall() {
    for number in signals where !isIgnored(number) { signal(number, SIG_DFL) }
    signal(SIGPIPE, SIG_DFL)
    received.store(0, ordering: .relaxed)
  }

  /// Whether a signal has come.
  public static var isRaised: Bool { received.load(ordering: .relaxed) != 0 }

  /// Acts as if a signal had come, unless one has.
  static func raise(_ signal: Int32) {
    _ = received.compareExchange(expected: 0, desired: signal, ordering: .relaxed)
  }

  /// The exit status by convention: 128 and the signal's number, 130 for SIGINT; nil if none has come.
  public static var exitCode: Int32? {
    let signal = received.load(ordering: .relaxed)
    return signal == 0 ? nil : 128 + signal
  }

  static func isIgnored(_ number: Int32) -> Bool {
    var action = sigaction()
    guard sigaction(number, nil, &action) == 0 else { return false }
    #if os(Linux)
      let handler = action.__sigaction_handler.sa_handler
    #else
      let handler = action.__sigaction_u.__sa_handler
    #endif
    return unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
  }
}

/// The first signal's number; 0 for none.
private let received = Atomic<Int32>(0)

private let handle: @convention(c) (Int32) -> Void = { number in
  let (isFirst, _) = received.compareExchange(expected: 0, desired: number, ordering: .relaxed)
  if !isFirst, number == SIGINT { _exit(128 + SIGINT) }
}
