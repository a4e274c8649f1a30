import SegmentationWeights
import Testing

struct TransferWatchTests {
  private let start = ContinuousClock.now

  /// Looks ten times per second.
  private func problem(
    of watch: inout TransferWatch, from: Double, to: Double, received: (Double) -> Int
  ) -> (second: Double, text: String)? {
    for step in Int(from * 10)..<Int(to * 10) {
      let second = Double(step + 1) / 10
      if let text = watch.problem(received: received(second), at: start + .seconds(second)) { return (second, text) }
    }
    return nil
  }

  @Test func `a transfer that stands still is told after the window`() throws {
    var watch = TransferWatch(limits: DownloadLimits(), at: start)
    let found = try #require(problem(of: &watch, from: 0, to: 100) { _ in 500 })
    #expect(abs(found.second - 30) < 0.2)
    #expect(found.text.hasPrefix("only 16 bytes per second arrived over the last 3"))
  }

  @Test func `a steady transfer goes on`() {
    var watch = TransferWatch(limits: DownloadLimits(), at: start)
    #expect(problem(of: &watch, from: 0, to: 200) { Int($0 * 1001) } == nil)
  }

  @Test func `a transfer that stops is told in a later window`() throws {
    var watch = TransferWatch(limits: DownloadLimits(), at: start)
    let found = try #require(problem(of: &watch, from: 0, to: 200) { Int(min($0, 50) * 100_000) })
    #expect((60..<92).contains(found.second))
    #expect(found.text.hasPrefix("only 0 bytes per second"))
  }

  @Test func `time that nobody watched does not count`() {
    var watch = TransferWatch(limits: DownloadLimits(), at: start)
    #expect(problem(of: &watch, from: 0, to: 20) { _ in 500 } == nil)
    // The computer sleeps for an hour.
    #expect(problem(of: &watch, from: 3620, to: 3628) { _ in 500 } == nil)
    #expect(problem(of: &watch, from: 3628, to: 3640) { _ in 500 } != nil)
  }
}
