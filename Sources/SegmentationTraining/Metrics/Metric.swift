import SegmentationData
import Torch

/// A measure of how well predictions fit labels, summed up over batches.
///
/// A metric keeps sums only: counts and totals to which each batch adds. So two metrics of a kind are merged by adding
/// their sums, whether they saw other batches or ran in other processes, and a metric is saved by saving its sums.
///
/// A new metric is one file with a type of this protocol and one line in `MetricSet.known`.
public protocol Metric: AnyObject {
  /// The metric's name in configurations.
  static var name: String { get }
  /// The scores that it computes, in the order of `results`.
  static var scores: [ScoreKind] { get }
  /// Whether it is computed only if it is asked for, because it takes time.
  static var isOptional: Bool { get }
  /// Whether `update` needs `Predictions.confidence`.
  static var needsConfidence: Bool { get }

  init(classes: Int, device: Device)

  /// The sums, by name. Their number, shapes and types depend on the number of classes alone.
  var sums: [String: Tensor] { get set }

  /// Adds a batch.
  /// - Parameter labels: int64 [N, h, w]; pixels labelled `ignoredLabel` do not count.
  func update(predictions: Predictions, labels: Tensor)

  /// The scores of all that was added, one for each of `scores`.
  func results(_ absentClasses: AbsentClasses) -> [MetricResult]
}

extension Metric {
  public static var isOptional: Bool { true }
  public static var needsConfidence: Bool { false }

  /// Adds the sums of another metric of the same kind.
  public func merge(_ other: any Metric) {
    precondition(type(of: other) == type(of: self), "a \(type(of: other)) is no \(type(of: self))")
    for (name, sum) in other.sums { sums[name]?.addInPlace(sum.to(device: sums[name]!.device)) }
  }
}

/// The classes that a network found in a batch.
public struct Predictions {
  /// int64 [N, h, w], of the labels' shape.
  public let classes: Tensor
  /// The probability of each pixel's class, float32 [N, h, w]; nil if no metric needs it.
  public let confidence: Tensor?

  public init(classes: Tensor, confidence: Tensor? = nil) {
    self.classes = classes
    self.confidence = confidence
  }
}

/// A score's value; nil if nothing was measured.
public struct MetricResult: Sendable, Equatable {
  public let value: Double?
  /// The same by class, if there is one: nil for a class of which nothing was measured.
  public let classes: [Double?]?

  public init(value: Double?, classes: [Double?]? = nil) {
    self.value = value
    self.classes = classes
  }
}

/// A score that a metric computes, from 0 to 1.
public struct ScoreKind: Sendable, Hashable {
  /// The score's name in files and options, such as `mean_iou`.
  public let name: String
  /// The score's name in tables and pictures, such as `mIoU`.
  public let title: String
  /// The name and the title of the same score by class; nil if there is none.
  public let byClass: ByClass?
  /// Whether a lower value is better.
  public let lowerIsBetter: Bool

  public struct ByClass: Sendable, Hashable {
    public let name: String
    public let title: String

    public init(_ name: String, _ title: String) {
      self.name = name
      self.title = title
    }
  }

  public init(_ name: String, _ title: String, byClass: ByClass? = nil, lowerIsBetter: Bool = false) {
    self.name = name
    self.title = title
    self.byClass = byClass
    self.lowerIsBetter = lowerIsBetter
  }

  /// Whether a value is better than another.
  public func isBetter(_ value: Double, than other: Double) -> Bool { lowerIsBetter ? value < other : value > other }
}

/// How a mean over the classes takes those that have no labelled pixel.
public enum AbsentClasses: String, Codable, Sendable, CaseIterable {
  /// They are left out of the mean.
  case skip
  /// They count as 0, as in torchmetrics' `JaccardIndex`.
  case zero

  /// The mean of the values by class.
  /// - Parameters:
  ///   - values: nil where a class has no value.
  ///   - isPresent: Whether the class has labelled pixels.
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
