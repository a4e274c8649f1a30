import Foundation

/// The times that repetitions of one thing took, in milliseconds.
public struct LatencySummary: Codable, Equatable, Sendable {
  /// The number of repetitions.
  public var repetitions: Int
  /// The median.
  public var p50: Double
  /// The 95th percentile.
  public var p95: Double
  /// The 99th percentile.
  public var p99: Double
  /// The shortest time.
  public var min: Double
  /// The mean.
  public var mean: Double

  /// Summarizes the times of at least one repetition, in seconds.
  public init(seconds: [Double]) {
    let milliseconds = seconds.map { $0 * 1000 }.sorted()
    repetitions = milliseconds.count
    p50 = Self.percentile(50, ofSorted: milliseconds)
    p95 = Self.percentile(95, ofSorted: milliseconds)
    p99 = Self.percentile(99, ofSorted: milliseconds)
    min = milliseconds[0]
    mean = milliseconds.reduce(0, +) / Double(milliseconds.count)
  }

  /// The number of repetitions per second if each took the median time.
  public var perSecond: Double { 1000 / p50 }

  /// The value below which `percent` of the values lie, interpolated linearly between neighbors as numpy's `percentile`
  /// does.
  static func percentile(_ percent: Double, ofSorted values: [Double]) -> Double {
    let place = percent / 100 * Double(values.count - 1)
    let below = Int(place)
    let above = Swift.min(below + 1, values.count - 1)
    return values[below] + (values[above] - values[below]) * (place - Double(below))
  }
}

extension Collection<Double> {
  /// The middle value, or the mean of the two in the middle; `nil` if there are no values.
  var median: Double? { isEmpty ? nil : LatencySummary.percentile(50, ofSorted: sorted()) }

  /// The geometric mean of positive values; `nil` if there are none.
  package var geometricMean: Double? {
    isEmpty ? nil : Foundation.exp(reduce(0) { $0 + Foundation.log($1) } / Double(count))
  }
}
