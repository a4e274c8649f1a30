import Basics

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
    let milliseconds = seconds.map { $0 * 1000 }
    repetitions = milliseconds.count
    p50 = milliseconds.percentile(50)!
    p95 = milliseconds.percentile(95)!
    p99 = milliseconds.percentile(99)!
    min = milliseconds.min()!
    mean = milliseconds.reduce(0, +) / Double(milliseconds.count)
  }

  /// The number of repetitions per second if each took the median time.
  public var perSecond: Double { 1000 / p50 }
}
