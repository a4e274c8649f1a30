import SegmentationExchange
import TestSupport
import Testing
import Torch

struct ExportComparisonTests {
  private func scores(_ values: [Float]) -> Tensor { Tensor(values, shape: [1, 2, 1, values.count / 2]) }

  @Test func `the difference is a share of the range, and classes are counted`() throws {
    var comparison = ExportComparison()
    try comparison.add(scores([0, 4, 2, 1]), expected: scores([0, 4, 2, 0]))
    #expect(comparison.images == 1 && comparison.pixels == 2 && comparison.otherClasses == 0)
    #expect(comparison.largestDifference == 0.25 && comparison.agreement == 1)
    try comparison.add(scores([3, 4, 2, 0]), expected: scores([0, 4, 2, 0]))
    #expect(comparison.otherClasses == 1 && comparison.agreement == 0.75)
  }

  @Test func `scores that differ by more than a thousandth of their range are refused`() throws {
    var near = ExportComparison()
    try near.add(scores([0, 4, 2, 0.003]), expected: scores([0, 4, 2, 0]))
    try near.check()
    var far = ExportComparison()
    try far.add(scores([0, 4, 2, 0.005]), expected: scores([0, 4, 2, 0]))
    let error = message { try far.check() }
    #expect(error?.contains("computes something else than the network") ?? false, "\(error ?? "")")
  }

  @Test func `classes alone are compared, in int8 with the calibration's agreement`() throws {
    var comparison = ExportComparison()
    let expected = Tensor([Int64](repeating: 1, count: 100), shape: [1, 10, 10])
    let found = Tensor([UInt8](repeating: 1, count: 90) + [UInt8](repeating: 0, count: 10), shape: [1, 10, 10])
    try comparison.add(found, expected: expected)
    #expect(comparison.agreement == 0.9 && comparison.largestDifference == nil)
    try comparison.check(leastAgreement: 0.9)
    #expect(message { try comparison.check(leastAgreement: 0.91) }?.contains("fewer than the 91.000 %") ?? false)
    #expect(message { try comparison.check() } != nil)
  }

  @Test func `results of another shape, and numbers that are none, are refused`() throws {
    var comparison = ExportComparison()
    #expect(
      message { try comparison.add(scores([0, 1]), expected: scores([0, 1, 2, 3])) }?.contains("shape") ?? false)
    let error = message { try comparison.add(scores([0, .nan]), expected: scores([0, 1])) }
    #expect(error?.contains("not finite") ?? false, "\(error ?? "")")
  }
}
