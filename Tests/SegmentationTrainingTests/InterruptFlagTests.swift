import Foundation
import SegmentationTraining
import Testing

/// Each in a process of its own: signals are the process's.
@Suite struct InterruptFlagTests {
  /// Sends this process a signal, which comes on a thread of the system's choice, and waits for a condition.
  private static func send(_ signal: Int32, until condition: () -> Bool) {
    kill(getpid(), signal)
    for _ in 0..<1000 where !condition() { usleep(10_000) }
  }

  @Test(arguments: [SIGINT, SIGTERM])
  func `the first signal raises the flag`(signal: Int32) async {
    await #expect(processExitsWith: .exitCode(128 + signal)) { [signal] in
      InterruptFlag.install()
      if InterruptFlag.isRaised { exit(1) }
      Self.send(signal) { InterruptFlag.isRaised }
      exit(InterruptFlag.exitCode ?? 2)
    }
  }

  @Test func `a second SIGINT ends the process at once`() async {
    await #expect(processExitsWith: .exitCode(130)) {
      InterruptFlag.install()
      Self.send(SIGINT) { InterruptFlag.isRaised }
      Self.send(SIGINT) { false }
      exit(1)
    }
  }

  @Test func `signals have their usual effect afterwards`() async {
    await #expect(processExitsWith: .signal(SIGINT)) {
      InterruptFlag.install()
      Self.send(SIGINT) { InterruptFlag.isRaised }
      InterruptFlag.uninstall()
      if InterruptFlag.isRaised { exit(1) }
      Self.send(SIGINT) { false }
    }
  }
}
