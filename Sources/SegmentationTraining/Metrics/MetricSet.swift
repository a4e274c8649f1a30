import Torch

/// The metrics that an evaluation computes.
public struct MetricSet {
  /// All existing metrics, in the order of tables and files.
  public static var known: [any Metric.Type] {
    [
      ConfusionMatrix.self,
      BoundaryIoU.self,
      CalibrationError.self,
    ]
  }

  /// All existing scores.
  public static var scores: [ScoreKind] { known.flatMap { $0.scores } }

  /// The names of the metrics that are computed only if they are asked for.
  public static var optionalNames: [String] { known.filter { $0.isOptional }.map { $0.name } }

  /// The score with a name; `nil` if there is none.
  public static func score(_ name: String) -> ScoreKind? { scores.first { $0.name == name } }

  /// The metrics of this set, in the order of `known`.
  public let metrics: [any Metric]

  /// Creates metrics to which no batch was added yet.
  /// - Parameters:
  ///   - names: The metrics to compute beside those that are always computed.
  ///   - classes: The number of classes.
  ///   - device: The device that has predictions and labels.
  /// - Throws: `MetricError` for a name that no metric has.
  public init(_ names: [String] = [], classes: Int, device: Device) throws(MetricError) {
    try Self.check(names)
    metrics = Self.known.filter { !$0.isOptional || names.contains($0.name) }
      .map { $0.init(classes: classes, device: device) }
  }

  /// Makes sure that metrics exist.
  /// - Throws: `MetricError.unknownMetric` for a name that no metric has.
  public static func check(_ names: [String]) throws(MetricError) {
    for name in names where !known.contains(where: { $0.name == name }) { throw .unknownMetric(name) }
  }

  /// Makes sure that a score is computed.
  /// - Parameters:
  ///   - name: The score's name.
  ///   - metrics: The metrics to compute beside those that are always computed.
  /// - Throws: `MetricError` if the score does not exist or none of the metrics computes it.
  public static func checkScore(_ name: String, metrics: [String]) throws(MetricError) {
    guard let metric = known.first(where: { $0.scores.contains { $0.name == name } }) else { throw .unknownScore(name) }
    if metric.isOptional, !metrics.contains(metric.name) { throw .notComputed(score: name, metric: metric.name) }
  }

  /// Whether a metric needs the probability of each pixel's class.
  public var needsConfidence: Bool { metrics.contains { type(of: $0).needsConfidence } }

  /// Adds a batch to all metrics.
  /// - Parameter labels: The labels, int64 [N, h, w]; pixels with the label `ignoredLabel` do not count.
  public func update(predictions: Predictions, labels: Tensor) {
    for metric in metrics { metric.update(predictions: predictions, labels: labels) }
  }

  /// Adds the sums of another set of the same metrics.
  public func merge(_ other: MetricSet) {
    for (metric, other) in zip(metrics, other.metrics) { metric.merge(other) }
  }

  /// The sums of all metrics; a sum is named `metric.sum`.
  public var state: StateDictionary {
    var state = StateDictionary()
    for metric in metrics {
      for (name, sum) in metric.sums.sorted(by: { $0.key < $1.key }) { state["\(type(of: metric).name).\(name)"] = sum }
    }
    return state
  }

  /// Replaces the sums by saved ones.
  /// - Throws: `StateMismatch` unless the sums are of the same metrics and classes; then nothing changes.
  public func load(_ state: StateDictionary) throws {
    let own = self.state.entries.map { (name: $0.name, tensor: $0.tensor) }
    let mismatch = state.mismatch(with: own)
    if !mismatch.isEmpty { throw mismatch }
    for metric in metrics {
      for (name, sum) in metric.sums { sum.copyInPlace(state["\(type(of: metric).name).\(name)"]!) }
    }
  }
}

/// A metric or score that does not exist or is not computed.
public enum MetricError: Error, CustomStringConvertible, Sendable, Equatable {
  /// No metric has this name.
  case unknownMetric(String)
  /// No metric computes a score of this name.
  case unknownScore(String)
  /// The score exists, but none of the chosen metrics computes it.
  case notComputed(score: String, metric: String)

  /// One line that says which names are allowed.
  public var description: String {
    switch self {
    case .unknownMetric(let name):
      "expected metrics out of \(MetricSet.optionalNames.joined(separator: ", ")), found \(name)"
    case .unknownScore(let name):
      "expected one of \(MetricSet.scores.map(\.name).joined(separator: ", ")), found \(name)"
    case .notComputed(let score, let metric):
      "expected a score that is computed, found \(score), which is computed only if the metrics name \(metric)"
    }
  }
}
