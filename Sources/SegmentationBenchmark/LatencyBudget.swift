import Basics

/// The time for warming up and measuring.
public struct LatencyBudget: Codable, Equatable, Sendable {
  /// The least number of runs to warm up.
  public var warmupRuns = 3
  /// The least time to warm up, in seconds.
  public var warmupSeconds = 0.5
  /// The greatest number of runs that are timed.
  public var repetitions = 200
  /// The time in seconds after which no further timed run begins. At least three runs are timed, unless `repetitions`
  /// is less.
  public var seconds = 5.0

  /// Creates a budget that takes at least half a second to warm up and about five seconds to measure.
  public init() {}

  /// Warms up, then returns the time that each repetition took, in seconds.
  public func measure(_ body: () throws -> Void) rethrows -> [Double] {
    let clock = ContinuousClock()
    let warmup = clock.now
    var runs = 0
    while runs < warmupRuns || warmup.duration(to: clock.now) < .seconds(warmupSeconds) {
      try body()
      runs += 1
    }
    var times: [Double] = []
    let start = clock.now
    while times.count < repetitions, times.count < 3 || start.duration(to: clock.now) < .seconds(seconds) {
      times.append(try clock.measure(body).seconds)
    }
    return times
  }
}
