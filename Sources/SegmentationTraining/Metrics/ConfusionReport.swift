/// Scores from a confusion matrix.
///
/// A class without labelled pixels is absent. It is reported, and counts in no mean unless `absentClassRule` says so,
/// whether or not it was predicted somewhere (such pixels count against the classes that they are labelled as).
public struct ConfusionReport: Codable, Sendable, Equatable {
  public let classNames: [String]
  /// Intersection over union by class; nil for a class in neither labels nor predictions.
  public let iou: [Double?]
  /// The share of each class's labelled pixels that were found; nil for a class in no label.
  public let accuracy: [Double?]
  /// Twice the pixels that were found, by the labelled and the predicted pixels of each class (Dice, F1); nil for a class in
  /// neither labels nor predictions.
  public let dice: [Double?]
  /// Labelled pixels by class.
  public let labelledPixels: [Int64]
  /// The share of all pixels labelled rightly; nil if no pixel is labelled, as are the following.
  public let pixelAccuracy: Double?
  /// IoU weighted by each class's share of the labelled pixels.
  public let frequencyWeightedIoU: Double?

  /// Pixels by label (row) and prediction (column), row after row.
  public let counts: [Int64]
  /// How the means take absent classes.
  public var absentClassRule = AbsentClasses.skip

  private enum CodingKeys: String, CodingKey {
    case classNames, iou, accuracy, dice, labelledPixels, pixelAccuracy
    case counts = "confusionMatrix"
    // JSON's snake case would make "io_u" of "IoU".
    case frequencyWeightedIoU = "frequencyWeightedIou"
  }

  /// How many classes the means cover: those with labelled pixels, or all of them.
  public var classesInMean: Int { absentClassRule == .zero ? classNames.count : isPresent.count { $0 } }
  /// The same in words: "9 of 11 classes".
  public var coverage: String {
    AbsentClasses.coverage(isPresent.count { !$0 }, of: classNames.count, absentClassRule)
  }

  /// The mean IoU of the classes.
  public var meanIoU: Double? { absentClassRule.mean(iou, isPresent: isPresent) }
  /// The mean accuracy of the classes.
  public var meanAccuracy: Double? { absentClassRule.mean(accuracy, isPresent: isPresent) }
  /// The mean Dice score of the classes.
  public var meanDice: Double? { absentClassRule.mean(dice, isPresent: isPresent) }

  private var isPresent: [Bool] { labelledPixels.map { $0 > 0 } }
  /// Names of absent classes.
  public var absentClasses: [String] { zip(classNames, labelledPixels).filter { $0.1 == 0 }.map(\.0) }

  /// - Parameters:
  ///   - counts: Pixels by label (row) and prediction (column), `[classes * classes]`, row after row.
  ///   - classNames: As many names as there are classes.
  ///   - absentClasses: How the means take classes without labelled pixels.
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

  /// Scores from a matrix of rows, one row for each label.
  public init(_ rows: [[Int]], classNames: [String], absentClasses: AbsentClasses = .skip) {
    self.init(counts: rows.joined().map(Int64.init), classNames: classNames, absentClasses: absentClasses)
  }
}
