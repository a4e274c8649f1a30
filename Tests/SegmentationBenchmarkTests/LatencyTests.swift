import Basics
import SegmentationBenchmark
import Testing

@Suite struct LatencyTests {
  /// numpy.percentile([4, 1, 3, 2, 10], [50, 95, 99]) -> 3, 8.8, 9.76
  @Test func percentilesAreNumpys() {
    let summary = LatencySummary(seconds: [0.004, 0.001, 0.003, 0.002, 0.010])
    #expect(summary.repetitions == 5)
    for (value, expected) in [
      (summary.p50, 3), (summary.p95, 8.8), (summary.p99, 9.76), (summary.min, 1), (summary.mean, 4),
      (summary.perSecond, 1000 / 3.0),
    ] {
      #expect(abs(value - expected) < 1e-9, "\(value), expected \(expected)")
    }
    #expect(LatencySummary(seconds: [0.5]).p99 == 500)
  }

  @Test func budgetsCountRuns() {
    var runs = 0
    func measure(_ change: (inout LatencyBudget) -> Void) -> (timed: Int, all: Int) {
      var budget = LatencyBudget()
      (budget.warmupRuns, budget.warmupSeconds) = (2, 0)
      change(&budget)
      runs = 0
      return (budget.measure { runs += 1 }.count, runs)
    }
    #expect(measure { ($0.repetitions, $0.seconds) = (7, 100) } == (7, 9))
    #expect(measure { ($0.repetitions, $0.seconds) = (7, 0) } == (3, 5))
    #expect(measure { ($0.repetitions, $0.seconds) = (1, 0) } == (1, 3))
  }

  /// scipy.stats.gmean([1, 2, 4, 8]) -> 2.8284271247461903
  @Test func geometricMeans() {
    #expect(abs([1.0, 2, 4, 8].geometricMean! - 2.8284271247461903) < 1e-12)
    #expect([Double]().geometricMean == nil)
  }
}
