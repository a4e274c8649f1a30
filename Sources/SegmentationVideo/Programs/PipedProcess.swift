import Files
import Foundation
import Synchronization

/// A program that runs beside this one, in a process group of its own: Ctrl-C on the terminal does not reach it.
final class PipedProcess: Sendable {
  private let identifier: pid_t
  private let status = Mutex<Int32?>(nil)
  /// The lines that the program writes to standard error.
  let errors: ErrorLines

  /// The way in which a program ended.
  enum End: Equatable {
    case exited(Int32)
    case killed(Int32)
  }

  /// Starts a program.
  /// - Parameter descriptors: This process's descriptors with the numbers that the program knows them by. Without a 0
  ///   its input is empty, and without a 1 its output is dropped.
  /// - Throws: `VideoError` if the program cannot be started.
  init(_ program: String, _ arguments: [String], descriptors: [(own: Int32, child: Int32)] = []) throws(VideoError) {
    let errorPipe = try Pipe()
    let opened = open("/dev/null", O_RDWR | O_CLOEXEC)
    // As with pipes, it must not have a number that the program gives to another file.
    let nothing = fcntl(opened, F_DUPFD_CLOEXEC, 10)
    close(opened)
    defer { close(nothing) }
    var all = descriptors + [(errorPipe.writing, 2)]
    for standard in [Int32(0), 1] where !all.contains(where: { $0.child == standard }) {
      all.append((nothing, standard))
    }
    do {
      identifier = try Self.spawn(program, arguments, all)
    } catch {
      close(errorPipe.reading)
      close(errorPipe.writing)
      throw error
    }
    close(errorPipe.writing)
    errors = ErrorLines(readingFrom: errorPipe.reading)
  }

  private static func spawn(
    _ program: String, _ arguments: [String], _ descriptors: [(own: Int32, child: Int32)]
  ) throws(VideoError) -> pid_t {
    #if os(Linux)
      var actions = posix_spawn_file_actions_t()
      var attributes = posix_spawnattr_t()
    #else
      var actions: posix_spawn_file_actions_t?
      var attributes: posix_spawnattr_t?
    #endif
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    for (own, child) in descriptors { posix_spawn_file_actions_adddup2(&actions, own, child) }
    // Signals have their usual effect in the program, whatever this process does with them.
    var none = sigset_t()
    var usual = sigset_t()
    sigemptyset(&none)
    sigemptyset(&usual)
    for signal in [SIGINT, SIGTERM, SIGHUP, SIGPIPE] { sigaddset(&usual, signal) }
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &usual)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETPGROUP) | Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETSIGDEF))
    func cStrings(_ texts: [String]) -> [UnsafeMutablePointer<CChar>?] {
      texts.map { text in FileName.withCString(text) { strdup($0) } } + [nil]
    }
    let words = cStrings([program] + arguments)
    let environment = cStrings(ProcessInfo.processInfo.environment.map { "\($0)=\($1)" })
    defer { for word in words + environment { free(word) } }
    var identifier: pid_t = 0
    let code = posix_spawn(&identifier, program, &actions, &attributes, words, environment)
    guard code == 0 else { throw VideoError("\(program) cannot be started: \(String(cString: strerror(code)))") }
    return identifier
  }

  deinit {
    // Nobody waits for it any more.
    if end(within: 0) == nil {
      send(SIGKILL)
      _ = end(within: 10)
    }
  }

  /// The program's end, if it has ended.
  var end: End? { end(within: 0) }

  /// Waits for the end of the program for some seconds.
  func end(within seconds: Double) -> End? {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while true {
      if let status = reap() {
        errors.wait()
        return status & 0x7F == 0 ? .exited(status >> 8 & 0xFF) : .killed(status & 0x7F)
      }
      if ContinuousClock.now >= deadline { return nil }
      usleep(2000)
    }
  }

  private func reap() -> Int32? {
    status.withLock { known in
      if let known { return known }
      var found: Int32 = 0
      let result = waitpid(identifier, &found, WNOHANG)
      if result == identifier { known = found }
      if result < 0, errno == ECHILD { known = 0 }
      return known
    }
  }

  /// Sends a signal, unless the program has ended.
  func send(_ signal: Int32) {
    status.withLock { known in
      if known == nil { kill(identifier, signal) }
    }
  }
}
