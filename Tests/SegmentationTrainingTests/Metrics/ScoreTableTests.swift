import SegmentationTraining
import Testing
import Torch

@Suite struct ScoreTableTests {
  /// A report on a matrix of counts.
  private func report(
    _ rows: [[Int64]], _ names: [String], _ absentClasses: AbsentClasses = .skip
  ) throws -> EvaluationReport {
    let set = try MetricSet(classes: names.count, device: .cpu)
    let counts = Array(rows.joined())
    set.metrics[0].sums["counts"] = Tensor(counts, shape: [counts.count])
    return EvaluationReport(set, classNames: names, absentClasses: absentClasses)
  }

  @Test func `the table is aligned`() throws {
    let report = try report(
      [[3, 1, 0, 0], [0, 4, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]], ["road", "traffic light", "train", "car"])
    #expect(
      report.table() == """
        class           IoU %  accuracy %  Dice %  pixels %
        ---------------------------------------------------
        road            75.00       75.00   85.71     50.00
        traffic light   80.00      100.00   88.89     50.00
        train          absent           -       -      0.00
        car            absent           -       -      0.00
        ---------------------------------------------------
        mean            77.50       87.50   87.30
        mean over 2 of 4 classes; without labelled pixels: train, car
        frequency-weighted IoU 77.50 %, pixel accuracy 87.50 %

        """)
  }

  @Test func `names steer no terminal, and absent classes that count are told`() throws {
    let rows: [[Int64]] = [[3, 1, 0], [0, 4, 0], [0, 0, 0]]
    let skipped = try report(rows, ["a", "b", "c\u{1B}[2J"])
    #expect(skipped.table().contains("mean over 2 of 3 classes; without labelled pixels: c\\u{1B}[2J\n"))
    let zero = try report(rows, ["a", "b", "c"], .zero)
    #expect(zero.table().contains("mean over all 3 classes; without labelled pixels, counted as 0: c\n"))
    #expect(abs(try #require(zero["mean_iou"]) - 1.55 / 3) < 1e-12)
    let summary = zero.summary(monitor: ConfusionMatrix.scores[2])
    #expect(summary.contains("mIoU 51.67% over all 3 classes  mean Dice 58.20%"))
  }

  @Test func `a row of metrics keeps all that the table shows`() throws {
    let report = try report([[3, 1], [0, 4]], ["road", "sky"])
    let row = MetricsRow(epoch: 3, step: 4, report: report)
    let table = ScoreTable(
      classNames: ["road", "sky"], scores: row.scores, classScores: row.classScores,
      classPixels: row.classPixels ?? [:], absentClasses: .skip)
    #expect(table.text() == report.table())
    #expect(row.meanIoU == 0.775 && row.classIoU == ["road": 0.75, "sky": 0.8] && row.classesInMean == 2)
  }
}
