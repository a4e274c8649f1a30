/// How often values fell below bounds, as Prometheus counts them.
struct Histogram {
  /// Upper bounds in seconds.
  static let bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

  private var counts = [Int](repeating: 0, count: bounds.count)
  private var count = 0
  private var sum = 0.0

  mutating func add(_ seconds: Double) {
    count += 1
    sum += seconds
    for (index, bound) in Self.bounds.enumerated() where seconds <= bound { counts[index] += 1 }
  }

  /// The lines of the text format.
  func lines(_ name: String, _ labels: String) -> [String] {
    zip(Self.bounds, counts).map { "\(name)_bucket{\(labels),le=\"\($0)\"} \($1)" } + [
      "\(name)_bucket{\(labels),le=\"+Inf\"} \(count)", "\(name)_sum{\(labels)} \(sum)",
      "\(name)_count{\(labels)} \(count)",
    ]
  }
}
