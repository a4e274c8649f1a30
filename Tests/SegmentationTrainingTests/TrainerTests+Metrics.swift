import Foundation
import SegmentationImage
import SegmentationTraining
import TestSupport
import Testing
import Torch

/// The scores that runs measure, and the checkpoints that they keep.
extension TrainerTests {
  @Test func `the monitored score picks the best checkpoint, of tiles and mirrored images too`() throws {
    let options = options("monitored") {
      $0.validation.metrics = ["boundary_iou", "calibration_error"]
      $0.validation.monitor = "calibration_error"
      $0.validation.tile = ImageSize(height: 48, width: 64)
      $0.validation.flip = true
    }
    let run = try Trainer(options: options) { try RunLog(file: $0, columns: { nil }, output: { _ in }) }
    let summary = try run.run()
    let rows = try MetricsLog(run.folder.metrics).rows().filter { $0.meanIoU != nil }
    #expect(rows.count == 3)
    for row in rows {
      #expect(row.scores.keys.sorted() == MetricSet.scores.map(\.name).sorted())
      #expect(row.classScores["class_boundary_iou"]?.isEmpty == false)
    }
    let best = try #require(rows.compactMap { $0.scores["calibration_error"] }.min())
    #expect(summary.bestScore == best)
    #expect(try Checkpoint.read(from: run.folder.bestCheckpoint)["best_score"]?.double == best)
    let log = try String(contentsOf: run.folder.log, encoding: .utf8)
    let epoch = try #require(rows.first { $0.scores["calibration_error"] == best }).epoch
    #expect(log.contains("the best checkpoint's scores, after epoch \(epoch) (tiles of 48x64 that overlap by 25 %"))
    #expect(log.contains("done: best calibration error ") && log.contains(" after epoch \(epoch), "))
    #expect(try String(contentsOf: run.folder.curves, encoding: .utf8).contains("boundary IoU"))
  }

  @Test func `metrics and tiles that cannot be are refused before the data is read`() throws {
    func refusal(_ texts: String...) -> String {
      message {
        let overrides = try texts.map(ConfigurationOverride.init(parsing:))
        _ = try ConfigurationLoader(defaults: TrainingOptions()).load(overrides: overrides)
      } ?? "accepted"
    }
    #expect(
      refusal("validation.metrics=[miou]").hasSuffix(
        "validation.metrics: expected metrics out of boundary_iou, calibration_error, found miou"))
    #expect(refusal("validation.monitor=miou").contains("validation.monitor: expected one of mean_iou, "))
    #expect(refusal("validation.monitor=boundary_iou").contains("only if the metrics name boundary_iou"))
    #expect(refusal("validation.monitor=boundary_iou", "validation.metrics=[boundary_iou]") == "accepted")
    #expect(refusal("validation.scales=[0]").contains("validation.scales: expected 1 to 20 factors"))
    #expect(refusal("validation.overlap=0.95").contains("validation.overlap: expected 0.0 to 0.9"))
    #expect(refusal("validation.tile=8x8").contains("validation.tile: expected sides from 16"))
    #expect(refusal("validation.absent_classes=half").contains("one of skip, zero"))

    let large = options("large") { $0.validation.tile = ImageSize(height: 64, width: 128) }
    let found = message { _ = try trainer(large) }
    #expect(found?.hasPrefix("validation.tile: ") == true, "\(found ?? "")")
    #expect(found?.contains("a tile of 64x128 is larger than the image, which is 64x96") == true, "\(found ?? "")")
    #expect(!FileManager.default.fileExists(atPath: large.output))
  }
}
