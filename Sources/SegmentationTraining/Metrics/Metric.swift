import SegmentationData
import Torch

/// A measure of how well predictions fit labels, summed up over batches.
///
/// A metric keeps only sums: counts and totals to which each batch adds. So two metrics of the same kind are merged by
/// adding their sums, whether they saw different batches or ran in different processes, and a metric is saved by saving
/// its sums.
///
/// A new metric takes one file with a type that conforms to this protocol, and one line in `MetricSet.known`.
public protocol Metric: AnyObject {
  /// The metric's name in configurations.
  static var name: String { get }
  /// The scores that it computes, in the order of `results`.
  static var scores: [ScoreKind] { get }
  /// Whether the metric takes so much time that it is computed only if it is asked for; true unless stated.
  static var isOptional: Bool { get }
  /// Whether `update` needs `Predictions.confidence`; false unless stated.
  static var needsConfidence: Bool { get }

  /// Creates a metric to which no batch was added yet.
  /// - Parameters:
  ///   - classes: The number of classes.
  ///   - device: The device that has predictions and labels.
  init(classes: Int, device: Device)

  /// The sums by their names. Their number, shapes and types may depend only on the number of classes.
  var sums: [String: Tensor] { get set }

  /// Adds a batch.
  /// - Parameters:
  ///   - predictions: The predicted classes, int64 [N, h, w].
  ///   - labels: The labels, int64 [N, h, w]; pixels with the label `ignoredLabel` do not count.
  func update(predictions: Predictions, labels: Tensor)

  /// The value of each of `scores`, over all batches added so far.
  func results(_ absentClasses: AbsentClasses) -> [MetricResult]
}

extension Metric {
  /// True: most metrics are computed only if they are asked for.
  public static var isOptional: Bool { true }
  /// False: most metrics need only classes.
  public static var needsConfidence: Bool { false }

  /// Adds the sums of another metric of the same kind.
  public func merge(_ other: any Metric) {
    precondition(type(of: other) == type(of: self), "a \(type(of: other)) is no \(type(of: self))")
    for (name, sum) in other.sums { sums[name]?.addInPlace(sum.to(device: sums[name]!.device)) }
  }
}

/// The classes that a network predicts for a batch.
public struct Predictions {
  /// The predicted class of each pixel: int64 [N, h, w], the labels' shape.
  public let classes: Tensor
  /// The probability of each pixel's predicted class, float32 [N, h, w]; `nil` if no metric needs it.
  public let confidence: Tensor?

  /// Creates predictions from their parts.
  public init(classes: Tensor, confidence: Tensor? = nil) {
    self.classes = classes
    self.confidence = confidence
  }
}

/// The value of a score.
public struct MetricResult: Sendable, Equatable {
  /// The score; `nil` if nothing was measured.
  public let value: Double?
  /// The score of each class, if it exists by class: `nil` for a class for which nothing was measured.
  public let classes: [Double?]?

  /// Creates a result from its parts.
  public init(value: Double?, classes: [Double?]? = nil) {
    self.value = value
    self.classes = classes
  }
}

/// A score, from 0 to 1, that a metric computes.
public struct ScoreKind: Sendable, Hashable {
  /// The score's name in files and options, such as `mean_iou`.
  public let name: String
  /// The score's name in tables and pictures, such as `mIoU`.
  public let title: String
  /// The name and title of the score by class; `nil` if it does not exist by class.
  public let byClass: ByClass?
  /// Whether a lower value is better.
  public let lowerIsBetter: Bool

  /// The name and title of a score by class.
  public struct ByClass: Sendable, Hashable {
    /// The name in files, such as `class_iou`.
    public let name: String
    /// The title in tables, such as `IoU`.
    public let title: String

    /// Creates a pair of name and title.
    public init(_ name: String, _ title: String) {
      self.name = name
      self.title = title
    }
  }

  /// Describes a score.
  public init(_ name: String, _ title: String, byClass: ByClass? = nil, lowerIsBetter: Bool = false) {
    self.name = name
    self.title = title
    self.byClass = byClass
    self.lowerIsBetter = lowerIsBetter
  }

  /// Whether a value is better than another one.
  public func isBetter(_ value: Double, than other: Double) -> Bool { lowerIsBetter ? value < other : value > other }
}

/// The way in which a mean over classes takes those that have no labelled pixel.
public enum AbsentClasses: String, Codable, Sendable, CaseIterable {
  /// The mean leaves them out.
  case skip
  /// They count as 0, as in `JaccardIndex` of torchmetrics.
  case zero

  /// The mean of values by class; `nil` if it covers no class.
  /// - Parameters:
  ///   - values: The value of each class; `nil` if it has none.
  ///   - isPresent: Whether each class has labelled pixels.
  func mean(_ values: [Double?], isPresent: [Bool]) -> Double? {
    let counted = zip(values, isPresent).compactMap { value, isPresent in
      switch self {
      case .skip: isPresent ? value : nil
      case .zero: value ?? 0
      }
    }
    return counted.isEmpty ? nil : counted.reduce(0, +) / Double(counted.count)
  }
}
