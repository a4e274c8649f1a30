import Foundation
import SegmentationTraining
import Testing

/// The range test finds the rate at which the loss falls fastest.
@Suite struct LearningRateTestTests {
  /// A loss that falls around one rate and explodes at a higher one.
  private func test(fallsAt rate: Double, explodesAt end: Double) -> (LearningRateTest, steps: Int) {
    var test = LearningRateTest()
    for number in 0..<120 {
      let current = pow(10, -6 + Double(number) / 20)
      let fall = 1 / (1 + exp(-3 * log(current / rate)))
      let loss = 3 - 2 * fall + pow(current / end, 4)
      if !test.add(current, loss: loss) { return (test, number + 1) }
    }
    return (test, 120)
  }

  @Test(arguments: [1e-4, 1e-3, 1e-2])
  func `the proposal is near the steepest fall`(rate: Double) throws {
    let proposal = try #require(test(fallsAt: rate, explodesAt: rate * 30).0.proposal)
    // The average lags behind.
    #expect(proposal >= rate / 2 && proposal <= rate * 3, "\(proposal)")
  }

  @Test func `an explosion ends the test`() { #expect(test(fallsAt: 1e-4, explodesAt: 1e-3).steps < 80) }

  @Test func `without a fall there is no proposal`() {
    var test = LearningRateTest()
    for number in 0..<50 { _ = test.add(pow(10, -5 + Double(number) / 10), loss: 1 + Double(number) / 50) }
    #expect(test.proposal == nil)
    let goesOn = test.add(1, loss: .nan)
    #expect(!goesOn)
  }

  @Test func `the batch size is the largest that fits`() throws {
    for limit in 1...40 {
      let found = try BatchSizeSearch.largest(limit: 30) { $0 <= limit }
      #expect(found == [1, 2, 3, 4, 6, 8, 12, 16, 24].last { $0 <= min(limit, 30) }, "\(found) of \(limit)")
    }
    #expect(throws: TrainingError.self) { try BatchSizeSearch.largest(limit: 8) { _ in false } }
  }
}
