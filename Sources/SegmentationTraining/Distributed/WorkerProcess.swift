import Files
import Foundation

/// A worker that this process has started.
///
/// The system's own `posix_spawn` starts it, since swift-subprocess cannot pass on a further file descriptor.
final class WorkerProcess {
  enum Ending: Equatable {
    case exit(Int32)
    case signal(Int32)
  }

  let rank: Int
  private let process: pid_t
  /// This process's end of the connection to the worker (see `LauncherLink`).
  private let line: Int32
  private(set) var ending: Ending?
  /// The signal that has suspended the process, if one has.
  private(set) var stoppingSignal: Int32?

  /// The number that the connection's file descriptor has in the worker.
  private static let workerLine: Int32 = 3

  /// Starts a process.
  /// - Throws: `TrainingError` if the system refuses.
  init(rank: Int, program: String, arguments: [String], environment: [String: String]) throws {
    self.rank = rank
    var ends: [Int32] = [-1, -1]
    #if os(Linux)
      let kind = Int32(SOCK_STREAM.rawValue)
      var actions = posix_spawn_file_actions_t()
      var attributes = posix_spawnattr_t()
    #else
      let kind = SOCK_STREAM
      var actions: posix_spawn_file_actions_t?
      var attributes: posix_spawnattr_t?
    #endif
    guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw Self.refusal(program, errno) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    line = ends[0]
    defer { close(ends[1]) }
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, ends[1], Self.workerLine)
    // The worker gets a process group of its own, so that Ctrl-C in the terminal reaches only the launcher, which
    // passes it on once.
    posix_spawnattr_setpgroup(&attributes, 0)
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    // The new process handles a signal in the usual way even if this one catches it; a signal that is ignored stays
    // ignored.
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP) | Int16(POSIX_SPAWN_SETSIGMASK))

    var variables = environment
    variables[LauncherLink.variable] = "\(Self.workerLine)"
    var id: pid_t = 0
    let code = Self.withCStrings([program] + arguments) { arguments in
      Self.withCStrings(variables.map { "\($0.key)=\($0.value)" }) { variables in
        posix_spawn(&id, program, &actions, &attributes, arguments, variables)
      }
    }
    guard code == 0 else {
      close(line)
      throw Self.refusal(program, code)
    }
    process = id
    _ = fcntl(line, F_SETFL, O_NONBLOCK)
  }

  deinit { close(line) }

  private static func refusal(_ program: String, _ code: Int32) -> TrainingError {
    TrainingError("\(program): cannot be started as a worker: \(String(cString: strerror(code)))")
  }

  private static func withCStrings<Result>(
    _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
  ) -> Result {
    // The name of a file need not be valid UTF-8.
    let copies = strings.map { string in FileName.withCString(string) { strdup($0) } }
    defer { for copy in copies { free(copy) } }
    return body(copies + [nil])
  }

  /// Asks the system whether the process has ended or was suspended.
  func look() {
    var status: Int32 = 0
    while ending == nil, waitpid(process, &status, WNOHANG | WUNTRACED | WCONTINUED) == process {
      if status & 0xFF == 0x7F {
        stoppingSignal = status >> 8 & 0xFF
      } else if status == 0xFFFF {
        stoppingSignal = nil
      } else {
        ending = status & 0x7F == 0 ? .exit(status >> 8 & 0xFF) : .signal(status & 0x7F)
      }
    }
  }

  func send(_ signal: Int32) {
    if ending == nil { kill(process, signal) }
  }

  /// Tells the worker that another one has failed.
  func tellOfFailure() {
    var mark = LauncherLink.failureMark
    if ending == nil { write(line, &mark, 1) }
  }

  /// Ends the worker and the processes that it has started.
  func end() {
    if ending == nil { kill(-process, SIGKILL) }
  }

  /// The reason that an ended worker gave; nil if it gave none.
  lazy var failure: LauncherLink.Failure? = {
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    let count = read(line, &bytes, bytes.count)
    guard count > 0 else { return nil }
    return try? JSONDecoder().decode(LauncherLink.Failure.self, from: Data(bytes[..<count]))
  }()
}
