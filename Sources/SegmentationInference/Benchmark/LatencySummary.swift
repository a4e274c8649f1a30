import Foundation

/// How long repetitions of one thing took, in milliseconds.
public struct LatencySummary: Codable, Equatable, Sendable {
  public var repetitions: Int
  /// The median.
  public var p50: Double
  public var p95: Double
  public var p99: Double
  public var min: Double
  public var mean: Double

  /// Sums up the seconds of at least one repetition.
  public init(seconds: [Double]) {
    let milliseconds = seconds.map { $0 * 1000 }.sorted()
    repetitions = milliseconds.count
    p50 = Self.percentile(50, ofSorted: milliseconds)
    p95 = Self.percentile(95, ofSorted: milliseconds)
    p99 = Self.percentile(99, ofSorted: milliseconds)
    min = milliseconds[0]
    mean = milliseconds.reduce(0, +) / Double(milliseconds.count)
  }

  /// Repetitions a second at the median's pace.
  public var perSecond: Double { 1000 / p50 }

  /// The value below which `percent` of the values lie, between neighbors linearly: numpy's `percentile`.
  static func percentile(_ percent: Double, ofSorted values: [Double]) -> Double {
    let place = percent / 100 * Double(values.count - 1)
    let below = Int(place)
    let above = Swift.min(below + 1, values.count - 1)
    return values[below] + (values[above] - values[below]) * (place - Double(below))
  }
}

extension Collection<Double> {
  /// The middle value, or the mean of the two in the middle; `nil` for none.
  var median: Double? { isEmpty ? nil : LatencySummary.percentile(50, ofSorted: sorted()) }

  /// The root of the product, for positive values; `nil` for none.
  package var geometricMean: Double? {
    isEmpty ? nil : Foundation.exp(reduce(0) { $0 + Foundation.log($1) } / Double(count))
  }
}
