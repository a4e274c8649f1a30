/// The scores that follow from a confusion matrix.
///
/// A class without labelled pixels is absent. It is reported, but it counts in no mean unless `absentClassRule` says
/// so, whether or not it was predicted somewhere. (Pixels that are wrongly given to it count against the classes of
/// their labels.)
public struct ConfusionReport: Codable, Sendable, Equatable {
  /// The name of each class.
  public let classNames: [String]
  /// The intersection over union by class; `nil` for a class that is in neither labels nor predictions.
  public let iou: [Double?]
  /// The share of each class's labelled pixels that were found; `nil` for a class that is in no label.
  public let accuracy: [Double?]
  /// The Dice score (F1) by class: twice the number of pixels found, divided by the sum of the labelled and the
  /// predicted pixels; `nil` for a class that is in neither labels nor predictions.
  public let dice: [Double?]
  /// The number of labelled pixels by class.
  public let labelledPixels: [Int64]
  /// The share of all labelled pixels that were predicted rightly; `nil` if no pixel is labelled.
  public let pixelAccuracy: Double?
  /// The mean IoU weighted by each class's share of the labelled pixels; `nil` if no pixel is labelled.
  public let frequencyWeightedIoU: Double?

  /// The number of pixels by label (row) and prediction (column), row after row.
  public let counts: [Int64]
  /// The way in which the means take absent classes.
  public var absentClassRule = AbsentClasses.skip

  private enum CodingKeys: String, CodingKey {
    case classNames, iou, accuracy, dice, labelledPixels, pixelAccuracy
    case counts = "confusionMatrix"
    // Automatic conversion to snake case would make "io_u" of "IoU".
    case frequencyWeightedIoU = "frequencyWeightedIou"
  }

  /// The number of classes in the means: those with labelled pixels, or all of them.
  public var classesInMean: Int { absentClassRule == .zero ? classNames.count : isPresent.count { $0 } }
  /// The number of classes in the means in words, such as "9 of 11 classes".
  public var coverage: String {
    AbsentClasses.coverage(isPresent.count { !$0 }, of: classNames.count, absentClassRule)
  }

  /// The mean IoU over classes; `nil` if it covers none.
  public var meanIoU: Double? { absentClassRule.mean(iou, isPresent: isPresent) }
  /// The mean accuracy over classes; `nil` if it covers none.
  public var meanAccuracy: Double? { absentClassRule.mean(accuracy, isPresent: isPresent) }
  /// The mean Dice score over classes; `nil` if it covers none.
  public var meanDice: Double? { absentClassRule.mean(dice, isPresent: isPresent) }

  private var isPresent: [Bool] { labelledPixels.map { $0 > 0 } }
  /// The names of the absent classes.
  public var absentClasses: [String] { zip(classNames, labelledPixels).filter { $0.1 == 0 }.map(\.0) }

  /// Computes the scores.
  /// - counts: The number of pixels by label (row) and prediction (column), `[classes * classes]`, row after row.
  /// - classNames: One name for each class.
  /// - absentClasses: The way in which the means take classes without labelled pixels.
  public init(counts: [Int64], classNames: [String], absentClasses: AbsentClasses = .skip) {
    let classes = classNames.count
    precondition(
      counts.count == classes * classes, "a confusion matrix of \(counts.count) counts for \(classes) classes")
    let labelled = (0..<classes).map { row in counts[row * classes..<(row + 1) * classes].reduce(0, +) }
    let predicted = (0..<classes).map { column in (0..<classes).reduce(0) { $0 + counts[$1 * classes + column] } }
    let right = (0..<classes).map { counts[$0 * classes + $0] }
    let total = labelled.reduce(0, +)

    func ratio(_ part: Int64, _ whole: Int64) -> Double? { whole > 0 ? Double(part) / Double(whole) : nil }
    self.classNames = classNames
    self.counts = counts
    absentClassRule = absentClasses
    labelledPixels = labelled
    iou = (0..<classes).map { ratio(right[$0], labelled[$0] + predicted[$0] - right[$0]) }
    dice = (0..<classes).map { ratio(2 * right[$0], labelled[$0] + predicted[$0]) }
    accuracy = (0..<classes).map { ratio(right[$0], labelled[$0]) }
    pixelAccuracy = ratio(right.reduce(0, +), total)
    frequencyWeightedIoU =
      total > 0 ? zip(iou, labelled).reduce(0) { $0 + ($1.0 ?? 0) * Double($1.1) } / Double(total) : nil
  }

  /// Computes the scores of a matrix given as rows, one row for each label.
  public init(_ rows: [[Int]], classNames: [String], absentClasses: AbsentClasses = .skip) {
    self.init(counts: rows.joined().map(Int64.init), classNames: classNames, absentClasses: absentClasses)
  }
}
