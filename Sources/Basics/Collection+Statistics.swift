import Foundation

extension Collection<Double> {
  /// The middle value, or the mean of the two in the middle; nil if there are no values.
  package var median: Double? { percentile(50) }

  /// The value below which `percent` of the values lie, linear between neighbors (numpy's `percentile`); nil if there are
  /// no values.
  package func percentile(_ percent: Double) -> Double? {
    let sorted = sorted()
    guard !sorted.isEmpty else { return nil }
    let place = percent / 100 * Double(sorted.count - 1)
    let below = Int(place)
    let above = Swift.min(below + 1, sorted.count - 1)
    return sorted[below] + (sorted[above] - sorted[below]) * (place - Double(below))
  }

  /// The root of the product, for positive values; nil if there are no values.
  package var geometricMean: Double? {
    isEmpty ? nil : Foundation.exp(reduce(0) { $0 + Foundation.log($1) } / Double(count))
  }
}
