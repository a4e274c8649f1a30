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

  @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
  func `the first signal raises the flag`(signal: Int32) async {
    await #expect(processExitsWith: .exitCode(128 + signal)) { [signal] in
      InterruptFlag.install()
      if InterruptFlag.isRaised { exit(1) }
      Self.send(signal) { InterruptFlag.isRaised }
      exit(InterruptFlag.exitCode ?? 2)
    }
  }

  @Test func `signals that the parent had blocked are caught`() async {
    await #expect(processExitsWith: .exitCode(128 + SIGTERM)) {
      var all = sigset_t()
      sigfillset(&all)
      pthread_sigmask(SIG_BLOCK, &all, nil)
      InterruptFlag.install()
      pthread_kill(pthread_self(), SIGTERM)
      for _ in 0..<1000 where !InterruptFlag.isRaised { usleep(10_000) }
      exit(InterruptFlag.exitCode ?? 2)
    }
  }

  @Test func `a process that nohup started goes on ignoring SIGHUP`() async {
    await #expect(processExitsWith: .exitCode(7)) {
      signal(SIGHUP, SIG_IGN)
      InterruptFlag.install()
      kill(getpid(), SIGHUP)
      usleep(50_000)
      if InterruptFlag.isRaised { exit(1) }
      InterruptFlag.uninstall()
      kill(getpid(), SIGHUP)
      usleep(50_000)
      exit(7)
    }
  }

  @Test func `a reader that goes away ends nothing`() async {
    await #expect(processExitsWith: .exitCode(7)) {
      signal(SIGPIPE, SIG_DFL)
      InterruptFlag.install()
      var ends: [Int32] = [0, 0]
      guard pipe(&ends) == 0 else { exit(1) }
      close(ends[0])
      dup2(ends[1], STDERR_FILENO)
      let log = try RunLog()
      for _ in 0..<3 { log.message("nobody reads this") }
      exit(7)
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
