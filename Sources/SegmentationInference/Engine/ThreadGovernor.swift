#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Chooses how many threads an engine uses while other processes occupy cores. The threads that share an operation wait
/// for the one that has lost its core, and that often takes longer than the operation takes on fewer threads.
package struct ThreadGovernor {
  /// The number of runs with fewer threads before one more is tried.
  private static let patience = 16

  private let most: Int
  package private(set) var threads: Int
  /// The time of the latest runs with each number of threads, in seconds.
  private var seconds: [Int: Double] = [:]
  /// The number of runs until a neighbouring number may be tried. It begins above zero because an engine's first runs
  /// are slow.
  private var rest = 2
  /// The number of threads before the present trial, if there is one. The engine goes back to it unless the present
  /// number is faster.
  private var origin: Int?

  package init(most: Int) {
    self.most = most
    threads = most
  }

  /// Notes a run with `threads` threads, and chooses the number for the next run.
  /// - Parameter time: The time of the run in seconds.
  /// - Parameter interruptions: How often the system took a core away from a thread of this process during the run.
  package mutating func record(seconds time: Double, interruptions: Int) {
    if let from = origin {
      origin = nil
      // A difference of a few hundredths may be chance.
      let isBetter = time < 0.95 * seconds[from]!
      rest = isBetter ? 1 : Self.patience
      seconds[threads] = time
      if !isBetter { threads = from }
      return
    }
    seconds[threads] = seconds[threads].map { ($0 + time) / 2 } ?? time
    rest -= 1
    guard rest < 0 else { return }
    let isContended = Double(interruptions) > max(2, time / 0.02)
    let next = threads > 1 && isContended ? threads - 1 : min(threads + 1, most)
    if next != threads { (origin, threads) = (threads, next) }
  }

  /// The number of times that the system has taken a core away from a thread of this process so far.
  static var interruptions: Int {
    var usage = rusage()
    #if canImport(Glibc)
      getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    #else
      getrusage(RUSAGE_SELF, &usage)
    #endif
    return Int(usage.ru_nivcsw)
  }
}
