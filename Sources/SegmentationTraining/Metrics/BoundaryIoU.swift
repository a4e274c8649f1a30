import Torch

/// The intersection over union of the pixels near the boundaries of labels and predictions (Cheng et al. 2021,
/// "Boundary IoU").
///
/// A class's boundary consists of its pixels that have a pixel of another class, or the image's edge, within 2 % of the
/// image's diagonal (at least one pixel), counted in steps to any of the eight neighbours. Pixels without a label do
/// not count: predictions are taken as unlabelled there before boundaries are looked for, so that perfect predictions
/// score 1.
public final class BoundaryIoU: Metric {
  /// The metric's name in configurations.
  public static let name = "boundary_iou"
  /// The boundary IoU, its mean and by class.
  public static let scores = [
    ScoreKind("boundary_iou", "boundary IoU", byClass: .init("class_boundary_iou", "boundary IoU"))
  ]

  /// The distance as a share of the image's diagonal.
  public static let dilationRatio = 0.02

  private let classes: Int
  /// The numbers of boundary pixels of each class.
  public var sums: [String: Tensor]

  /// Begins with no pixels.
  public init(classes: Int, device: Device = .cpu) {
    self.classes = classes
    func zeros() -> Tensor { .zeros([classes], dtype: .int64, device: device) }
    sums = ["intersection": zeros(), "labels": zeros(), "predictions": zeros()]
  }

  /// Adds a batch.
  public func update(predictions: Predictions, labels: Tensor) {
    withoutGradients {
      let ignored = Double(ignoredLabel)
      let isLabelled = labels .!= ignored
      let found = `where`(isLabelled, predictions.classes, labels)
      let size = labels.spatialSize
      let distance = Self.distance(in: size)
      let labelEdges = Self.boundary(labels, distance) .& isLabelled
      let foundEdges = Self.boundary(found, distance) .& isLabelled
      func add(_ name: String, _ classes: Tensor, _ pixels: Tensor) {
        sums[name]!.addInPlace(classes.masked(by: pixels).bincount(minimumLength: self.classes))
      }
      add("labels", labels, labelEdges)
      add("predictions", found, foundEdges)
      add("intersection", labels, labelEdges .& foundEdges .& (labels .== found))
    }
  }

  /// The distance in pixels, rounded half to even as the authors' code does.
  static func distance(in size: ImageSize) -> Int {
    let diagonal = Double(size.height * size.height + size.width * size.width).squareRoot()
    return max(1, Int((dilationRatio * diagonal).rounded(.toNearestOrEven)))
  }

  /// Finds the pixels that have another class, or the image's edge, within a distance: booleans [N, H, W].
  ///
  /// A pixel is no boundary if the smallest and the largest class in the square around it are equal. This gives, for
  /// all classes at once, the same as eroding each class's mask.
  static func boundary(_ classes: Tensor, _ distance: Int) -> Tensor {
    let padded = classes.to(dtype: .int32).unsqueeze(1)
      .pad(left: distance, right: distance, top: distance, bottom: distance, value: -1)
    let size = classes.spatialSize
    func extreme(_ choose: (Tensor, Tensor) -> Tensor) -> Tensor {
      let rows = Self.extreme(padded, distance, length: size.height, dimension: 2, choose)
      return Self.extreme(rows, distance, length: size.width, dimension: 3, choose)
    }
    return (extreme(minimum) .== extreme(maximum)).logicalNot().squeeze(1)
  }

  /// The smallest or largest element within a distance along a dimension, found by windows that double in length.
  /// - Parameter length: The number of elements along the dimension, without the padding of `distance` on both sides.
  private static func extreme(
    _ x: Tensor, _ distance: Int, length: Int, dimension: Int, _ choose: (Tensor, Tensor) -> Tensor
  ) -> Tensor {
    let window = 2 * distance + 1
    var (result, reach, count) = (x, 1, length + 2 * distance)
    while reach < window {
      let step = min(reach, window - reach)
      count -= step
      result = choose(
        result.slice(0..<count, dimension: dimension), result.slice(step..<step + count, dimension: dimension))
      reach += step
    }
    return result
  }

  /// The mean boundary IoU and that of each class.
  public func results(_ absentClasses: AbsentClasses) -> [MetricResult] {
    func counts(_ name: String) -> [Int64] { sums[name]!.elements() }
    let (both, labelled, found) = (counts("intersection"), counts("labels"), counts("predictions"))
    let iou = (0..<classes).map { index -> Double? in
      let union = labelled[index] + found[index] - both[index]
      return union > 0 ? Double(both[index]) / Double(union) : nil
    }
    return [MetricResult(value: absentClasses.mean(iou, isPresent: labelled.map { $0 > 0 }), classes: iou)]
  }
}
