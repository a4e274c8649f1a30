import Foundation
import SegmentationTraining
import Testing

@Suite struct ConfusionReportTests {
  /// Rows are labels, columns predictions; class 7 is in neither, class 3 predicted but in no label.
  private static let counts = [
    [16, 0, 2, 1, 0, 1, 2, 0, 2, 0, 2, 1, 2, 1, 0, 2, 4, 2, 0],
    [0, 11, 2, 1, 0, 1, 1, 0, 1, 1, 2, 0, 2, 0, 1, 1, 1, 2, 1],
    [3, 0, 21, 1, 1, 2, 1, 0, 0, 1, 3, 4, 1, 1, 1, 0, 1, 1, 1],
    [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    [0, 1, 0, 0, 20, 0, 0, 0, 1, 2, 2, 1, 0, 3, 0, 1, 1, 0, 1],
    [0, 0, 1, 0, 1, 14, 0, 0, 1, 2, 1, 1, 4, 0, 0, 0, 0, 1, 1],
    [0, 0, 1, 1, 1, 2, 17, 0, 0, 2, 0, 1, 3, 3, 0, 3, 1, 1, 1],
    [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    [0, 3, 2, 5, 1, 3, 4, 0, 35, 1, 5, 2, 2, 2, 1, 2, 0, 1, 5],
    [1, 0, 2, 1, 1, 1, 1, 0, 1, 12, 2, 2, 3, 0, 0, 2, 0, 1, 3],
    [0, 1, 1, 1, 0, 1, 2, 0, 0, 1, 18, 0, 3, 2, 1, 2, 1, 1, 0],
    [1, 2, 1, 0, 2, 1, 0, 0, 1, 1, 1, 29, 0, 0, 0, 1, 1, 1, 0],
    [1, 0, 4, 0, 2, 3, 3, 0, 3, 2, 1, 0, 21, 0, 1, 0, 2, 1, 3],
    [1, 1, 0, 0, 2, 0, 0, 0, 4, 2, 1, 0, 1, 26, 0, 2, 1, 1, 0],
    [0, 2, 0, 1, 1, 2, 6, 0, 3, 1, 2, 1, 0, 1, 17, 0, 0, 0, 3],
    [0, 3, 0, 1, 3, 0, 2, 0, 1, 0, 0, 0, 3, 1, 1, 32, 2, 2, 1],
    [1, 1, 0, 0, 0, 2, 0, 0, 1, 1, 1, 2, 1, 1, 0, 1, 28, 1, 2],
    [1, 2, 0, 0, 0, 3, 2, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 26, 2],
    [4, 1, 1, 2, 3, 4, 4, 0, 1, 1, 2, 0, 0, 1, 3, 0, 2, 1, 18],
  ]
  // torchmetrics.JaccardIndex(task="multiclass", num_classes=19, ignore_index=255, average="none"), 1.9.0
  private static let iou = [
    0.3137255, 0.2444444, 0.3500000, 0.0000000, 0.3921569, 0.2641509, 0.2615385, 0.0000000, 0.3723404,
    0.2307692, 0.3000000, 0.5087720, 0.2916667, 0.4482759, 0.3469388, 0.4637681, 0.4590164, 0.4727273,
    0.2500000,
  ]

  private let report = ConfusionReport(Self.counts, classNames: (0..<19).map { "class \($0)" })

  @Test func `IoU equals torchmetrics, and an absent class has none`() throws {
    #expect(report.iou[7] == nil)
    #expect(report.absentClasses == ["class 3", "class 7"])
    #expect(report.iou[3] == 0)
    for (value, expected) in zip(report.iou, Self.iou) { #expect(abs((value ?? 0) - expected) < 1e-6) }
    // JaccardIndex(..., average="macro") with absent classes counted
    let zero = ConfusionReport(Self.counts, classNames: report.classNames, absentClasses: .zero)
    #expect(abs(try #require(zero.meanIoU) - 0.31422582) < 1e-6)
    #expect(zero.classesInMean == 19 && zero.coverage == "all 19 classes")
  }

  // m = numpy.array(counts); r, c, d = m.sum(1), m.sum(0), numpy.diag(m); u = r + c - d
  @Test func `means and accuracies equal numpy`() throws {
    // iou = d[r > 0] / u[r > 0]; iou.mean()
    #expect(abs(try #require(report.meanIoU) - 0.3511935808708104) < 1e-12)
    // d.sum() / m.sum()
    #expect(abs(try #require(report.pixelAccuracy) - 0.5157142857142857) < 1e-12)
    // (d[r > 0] / r[r > 0]).mean()
    #expect(abs(try #require(report.meanAccuracy) - 0.5143709267619511) < 1e-12)
    // (iou * r[u > 0]).sum() / m.sum()
    #expect(abs(try #require(report.frequencyWeightedIoU) - 0.35833419874253636) < 1e-12)
    // (2 * d / (r + c))[r > 0].mean()
    #expect(abs(try #require(report.meanDice) - 0.5134805528306433) < 1e-12)
    #expect(report.accuracy[3] == nil)
    #expect(report.labelledPixels.reduce(0, +) == 700)
  }

  @Test func `a matrix without pixels has no scores`() {
    let report = ConfusionReport(counts: [0, 0, 0, 0], classNames: ["a", "b"])
    #expect(report.meanIoU == nil)
    #expect(report.pixelAccuracy == nil)
    #expect(report.meanAccuracy == nil)
    #expect(report.frequencyWeightedIoU == nil)
    #expect(ConfusionReport(counts: [0, 0, 0, 0], classNames: ["a", "b"], absentClasses: .zero).meanIoU == 0)
  }

  @Test func `rows are labels and columns predictions`() {
    // a: 3 right, 1 taken for b; b: all 4 right: IoU 3/4 and 4/5, accuracy 3/4 and 1
    let report = ConfusionReport([[3, 1], [0, 4]], classNames: ["a", "b"])
    #expect(report.iou == [0.75, 0.8])
    let dice: [Double?] = [6.0 / 7, 8.0 / 9]
    #expect(report.dice == dice)
    #expect(report.accuracy == [0.75, 1])
  }

  @Test func `the number of classes in the mean is told`() throws {
    let report = ConfusionReport([[3, 1, 0], [0, 4, 0], [0, 0, 0]], classNames: ["a", "b", "c"])
    #expect(report.classesInMean == 2 && report.coverage == "2 of 3 classes")
    #expect(ConfusionReport([[1]], classNames: ["a"]).coverage == "all 1 classes")
  }

  @Test func `JSON spells IoU as one word`() throws {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    let text = String(decoding: try encoder.encode(ConfusionReport([[1]], classNames: ["a"])), as: UTF8.self)
    #expect(text.contains("\"frequency_weighted_iou\":1") && !text.contains("io_u"))
  }
}
