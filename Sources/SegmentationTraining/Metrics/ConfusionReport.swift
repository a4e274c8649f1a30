import Files
import Foundation

/// Scores from a confusion matrix.
///
/// A class without labelled pixels is absent: it is reported and counts in no mean, whether or not it was predicted
/// somewhere (those pixels count against the classes they are of).
public struct ConfusionReport: Codable, Sendable, Equatable {
  public let classNames: [String]
  /// Intersection over union by class; nil for a class in neither labels nor predictions.
  public let iou: [Double?]
  /// The share of each class's labelled pixels that were found; nil for a class in no label.
  public let accuracy: [Double?]
  /// Labelled pixels by class.
  public let labelledPixels: [Int64]
  /// The share of all pixels labelled rightly; nil if no pixel is labelled, as are the following.
  public let pixelAccuracy: Double?
  /// IoU weighted by each class's share of the labelled pixels.
  public let frequencyWeightedIoU: Double?

  private enum CodingKeys: String, CodingKey {
    case classNames, iou, accuracy, labelledPixels, pixelAccuracy
    // JSON's snake case would make "io_u" of "IoU".
    case frequencyWeightedIoU = "frequencyWeightedIou"
  }

  /// How many classes the means cover: those with labelled pixels.
  public var classesInMean: Int { labelledPixels.count { $0 > 0 } }
  /// The same in words: "9 of 11 classes".
  public var coverage: String {
    let all = classNames.count
    return classesInMean == all ? "all \(all) classes" : "\(classesInMean) of \(all) classes"
  }

  /// The mean IoU of the classes that are labelled.
  public var meanIoU: Double? {
    Self.mean(zip(iou, labelledPixels).compactMap { iou, pixels in pixels > 0 ? iou : nil })
  }
  /// The mean accuracy of the classes that are labelled.
  public var meanAccuracy: Double? { Self.mean(accuracy.compactMap { $0 }) }
  /// The mean IoU with 0 for absent classes, as torchmetrics' `JaccardIndex` has it.
  public var meanIoUCountingAbsent: Double? { Self.mean(iou.map { $0 ?? 0 }) }
  /// Names of absent classes.
  public var absentClasses: [String] { zip(classNames, labelledPixels).filter { $0.1 == 0 }.map(\.0) }

  /// - Parameters:
  ///   - counts: Pixels by label (row) and prediction (column), `[classes * classes]`, row after row.
  ///   - classNames: As many names as there are classes.
  public init(counts: [Int64], classNames: [String]) {
    let classes = classNames.count
    precondition(
      counts.count == classes * classes, "a confusion matrix of \(counts.count) counts for \(classes) classes")
    let labelled = (0..<classes).map { row in counts[row * classes..<(row + 1) * classes].reduce(0, +) }
    let predicted = (0..<classes).map { column in (0..<classes).reduce(0) { $0 + counts[$1 * classes + column] } }
    let right = (0..<classes).map { counts[$0 * classes + $0] }
    let total = labelled.reduce(0, +)

    func ratio(_ part: Int64, _ whole: Int64) -> Double? { whole > 0 ? Double(part) / Double(whole) : nil }
    self.classNames = classNames
    labelledPixels = labelled
    iou = (0..<classes).map { ratio(right[$0], labelled[$0] + predicted[$0] - right[$0]) }
    accuracy = (0..<classes).map { ratio(right[$0], labelled[$0]) }
    pixelAccuracy = ratio(right.reduce(0, +), total)
    frequencyWeightedIoU =
      total > 0 ? zip(iou, labelled).reduce(0) { $0 + ($1.0 ?? 0) * Double($1.1) } / Double(total) : nil
  }

  /// Scores from a matrix of rows, one a label.
  public init(_ rows: [[Int]], classNames: [String]) {
    self.init(counts: rows.joined().map(Int64.init), classNames: classNames)
  }

  private static func mean(_ values: [Double]) -> Double? {
    values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
  }

  /// A plain-text table by class, in percent, with the means below.
  public func table() -> String {
    let total = labelledPixels.reduce(0, +)
    var rows = [["class", "IoU %", "accuracy %", "pixels %"]]
    for index in classNames.indices {
      let share = total > 0 ? Double(labelledPixels[index]) / Double(total) : nil
      let score = labelledPixels[index] == 0 ? "absent" : percent(iou[index])
      rows.append([classNames[index].printable(limit: 80), score, percent(accuracy[index]), percent(share)])
    }
    let means = ["mean", percent(meanIoU), percent(meanAccuracy), ""]
    let widths = (0..<4).map { column in (rows + [means]).map { $0[column].count }.max() ?? 0 }
    func line(_ cells: [String]) -> String {
      let padded = zip(cells, widths).enumerated().map { column, cell in
        let space = String(repeating: " ", count: cell.1 - cell.0.count)
        return column == 0 ? cell.0 + space : space + cell.0
      }
      return String(padded.joined(separator: "  ").reversed().drop { $0 == " " }.reversed())
    }
    let rule = String(repeating: "-", count: widths.reduce(0, +) + 6)
    let lines = [line(rows[0]), rule] + rows.dropFirst().map(line) + [rule, line(means)]
    let overall =
      "pixel accuracy \(percent(pixelAccuracy)) %, frequency-weighted IoU \(percent(frequencyWeightedIoU)) %"
    return (lines + [coverageLine, overall]).joined(separator: "\n") + "\n"
  }

  private var coverageLine: String {
    let absent = absentClasses.map { $0.printable(limit: 80) }.joined(separator: ", ")
    return "mean over \(coverage)" + (absent.isEmpty ? "" : "; without labelled pixels: \(absent)")
  }

  private func percent(_ share: Double?) -> String {
    share.map { String(format: "%.2f", $0 * 100) } ?? "-"
  }
}
