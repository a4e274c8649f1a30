import Basics

/// How long to warm up and how often to repeat.
public struct LatencyBudget: Codable, Equatable, Sendable {
  /// Warm-up lasts at least this many runs,
  public var warmupRuns = 3
  /// and at least this many seconds.
  public var warmupSeconds = 0.5
  /// At most this many runs are timed,
  public var repetitions = 200
  /// and no further one begins after this many seconds; three are always timed, or `repetitions` where that is less.
  public var seconds = 5.0

  public init() {}

  /// Warms up, then returns the seconds that each repetition took.
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
