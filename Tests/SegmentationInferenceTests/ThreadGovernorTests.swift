import SegmentationInference
import Testing

@Suite struct ThreadGovernorTests {
  /// How many of some runs used each number of threads.
  private func counts(
    _ governor: inout ThreadGovernor, runs: Int, interruptions: Int, seconds: (Int) -> Double
  ) -> [Int: Int] {
    var counts: [Int: Int] = [:]
    for _ in 0..<runs {
      counts[governor.threads, default: 0] += 1
      governor.record(
        seconds: seconds(governor.threads), interruptions: governor.threads > 1 ? interruptions : 0)
    }
    return counts
  }

  @Test func aloneUsesAll() {
    var governor = ThreadGovernor(most: 2)
    #expect(counts(&governor, runs: 100, interruptions: 1) { 0.1 / Double($0) } == [2: 100])
  }

  @Test func contendedUsesWhatIsFastest() {
    var governor = ThreadGovernor(most: 4)
    let times = [1: 0.2, 2: 0.12, 3: 0.18, 4: 0.25]
    let used = counts(&governor, runs: 200, interruptions: 40) { times[$0]! }
    #expect(used[2, default: 0] > 160)
    // Back to all once the others are gone.
    _ = counts(&governor, runs: 30, interruptions: 0) { 0.1 / Double($0) }
    #expect(governor.threads == 4)
  }

  @Test func contendedKeepsAllWhereFewerAreSlower() {
    var governor = ThreadGovernor(most: 2)
    #expect(counts(&governor, runs: 200, interruptions: 40) { $0 == 2 ? 0.1 : 0.11 }[2, default: 0] > 180)
  }
}
