import Foundation
import Synchronization

/// Whether the process has been asked to stop by SIGINT or SIGTERM.
///
/// The first signal sets a flag, which the trainer polls to finish its step and save; a second SIGINT ends the process
/// at once.
public enum InterruptFlag {
  /// Catches the signals from now on.
  public static func install() {
    // The handler may only touch what is already there: initialise the global first.
    received.store(0, ordering: .relaxed)
    signal(SIGINT, handle)
    signal(SIGTERM, handle)
  }

  /// Gives the signals back their usual effect and clears the flag.
  public static func uninstall() {
    signal(SIGINT, SIG_DFL)
    signal(SIGTERM, SIG_DFL)
    received.store(0, ordering: .relaxed)
  }

  /// Whether a signal has come.
  public static var isRaised: Bool { received.load(ordering: .relaxed) != 0 }

  /// The exit status by convention: 128 and the signal's number, 130 for SIGINT; nil where none has come.
  public static var exitCode: Int32? {
    let signal = received.load(ordering: .relaxed)
    return signal == 0 ? nil : 128 + signal
  }
}

/// The first signal's number; 0 for none.
private let received = Atomic<Int32>(0)

private let handle: @convention(c) (Int32) -> Void = { number in
  let (isFirst, _) = received.compareExchange(expected: 0, desired: number, ordering: .relaxed)
  if !isFirst, number == SIGINT { _exit(128 + SIGINT) }
}
