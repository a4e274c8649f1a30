/// The losses of an epoch so far, and the parts that they are the sum of.
struct EpochLoss: Equatable {
  var sum = 0.0
  var count = 0
  /// The sum of each part, if there are several.
  var terms: [String: Double] = [:]

  mutating func add(_ loss: Double, terms: [(name: String, value: Double)]) {
    sum += loss
    count += 1
    for (name, value) in terms { self.terms[name, default: 0] += value }
  }

  /// The mean; not a number if no step counted.
  var mean: Double { count > 0 ? sum / Double(count) : .nan }
  /// The mean of each part.
  var termMeans: [String: Double]? { terms.isEmpty || count == 0 ? nil : terms.mapValues { $0 / Double(count) } }
}
