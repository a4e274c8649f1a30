import Basics

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
    let milliseconds = seconds.map { $0 * 1000 }
    repetitions = milliseconds.count
    p50 = milliseconds.percentile(50)!
    p95 = milliseconds.percentile(95)!
    p99 = milliseconds.percentile(99)!
    min = milliseconds.min()!
    mean = milliseconds.reduce(0, +) / Double(milliseconds.count)
  }

  /// Repetitions a second at the median's pace.
  public var perSecond: Double { 1000 / p50 }
}
