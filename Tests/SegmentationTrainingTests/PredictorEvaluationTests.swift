import Foundation
import SegmentationData
import SegmentationImage
import SegmentationModels
import SegmentationTraining
import TestSupport
import Testing
import Torch

/// The scores of predictors that are not networks of this package.
@Suite struct PredictorEvaluationTests {
  /// Finds the class that a pixel's red tells: 0 for dark, 1 for bright.
  private struct Threshold: ImageLabeller {
    var mean: [Double] { [0, 0, 0] }
    var std: [Double] { [1, 1, 1] }

    func label(_ images: Tensor, size: ImageSize, wantsConfidence: Bool) throws -> (
      classes: Tensor, confidence: Tensor?
    ) {
      let red = images.select(0, dimension: 1)
      return ((red .> 0.5).to(dtype: .int64), wantsConfidence ? Tensor.ones(red.shape) : nil)
    }
  }

  /// Two images of 2x4 pixels, whose left half is dark; of the eight labels of each, all or six agree with that.
  private func dataset(in folder: URL) throws -> Dataset {
    var samples: [Sample] = []
    for (index, wrong) in [0, 2].enumerated() {
      let labels = (0..<8).map { UInt8($0 % 4 < 2 ? 0 : 1) }
      let pixels = labels.flatMap { [$0 == 0 ? UInt8(20) : 230, 0, 0] }
      let (image, mask) = (folder.appending(path: "\(index).png"), folder.appending(path: "\(index)_mask.png"))
      try Image(height: 2, width: 4, pixels: pixels).write(to: image)
      try Mask(height: 2, width: 4, values: labels.enumerated().map { $0 < wrong ? 1 : $1 }).write(to: mask)
      samples.append(Sample(image: image.path, mask: mask.path))
    }
    let labels = LabelSet(
      classes: [ClassInfo("dark", .black), ClassInfo("bright", RGB(255, 255, 255))],
      encoding: .values([0: 0, 1: 1]))
    return Dataset(name: "halves", root: folder.path, labels: labels) { [samples] _ in samples }
  }

  /// Dark: found 8, labelled 6, both 6. Bright: found 8, labelled 10, both 8.
  @Test func `a predictor of one's own is scored on a data set`() throws {
    try withTemporaryFolder { folder in
      let report = try Evaluator().evaluate(Threshold(), on: dataset(in: folder))
      #expect(report.confusion.meanIoU == (6.0 / 8 + 8.0 / 10) / 2)
      #expect(report.confusion.pixelAccuracy == 14.0 / 16)
    }
  }

  @Test func `metrics that need probabilities get them`() throws {
    try withTemporaryFolder { folder in
      var evaluator = Evaluator()
      evaluator.metrics = ["calibration_error"]
      let report = try evaluator.evaluate(Threshold(), on: dataset(in: folder), batchSize: 2)
      // It is always certain, and right for 14 of 16 pixels.
      let error = try #require(report["calibration_error"])
      #expect(abs(error - 2.0 / 16) < 1e-6)
    }
  }
}
