#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Chooses how many threads an engine uses while other processes keep cores busy. Threads that share each operation wait
/// for the one that has lost its core, often for longer than fewer threads need.
package struct ThreadGovernor {
  /// Runs with fewer threads before one more is tried.
  private static let patience = 16

  private let most: Int
  package private(set) var threads: Int
  /// Of the latest runs with each number of threads.
  private var seconds: [Int: Double] = [:]
  /// Runs until a neighbouring number may be tried; the first runs of an engine are slow.
  private var rest = 2
  /// The number of threads to go back to unless the present one, which is being tried, is faster.
  private var origin: Int?

  package init(most: Int) {
    self.most = most
    threads = most
  }

  /// Takes in a run with `threads`, and chooses for the next.
  /// - Parameter interruptions: How often the system took a core away from a thread of this process meanwhile.
  package mutating func record(seconds time: Double, interruptions: Int) {
    if let from = origin {
      origin = nil
      // A few hundredths may be chance.
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

  /// How often the system has taken a core away from a thread of this process.
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
