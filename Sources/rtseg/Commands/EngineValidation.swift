import Files
import Foundation
import SegmentationData
import SegmentationInference
import SegmentationTraining
import Torch

/// Scores a network as an engine runs it, and measures the time of that.
struct EngineValidation {
  private let predictor: Predictor
  private let precision: Precision
  private let reference: Predictor?
  private let options: ValidationOptions
  /// The images that were labelled worst; nil if they are not wanted.
  private(set) var worst: WorstImages?

  /// - Parameters:
  ///   - reference: Labels the same images to compare with.
  ///   - worst: Collects the worst images.
  init(
    _ predictor: Predictor, precision: Precision, reference: Predictor?, options: ValidationOptions, worst: WorstImages?
  ) {
    self.predictor = predictor
    self.precision = precision
    self.reference = reference
    self.options = options
    self.worst = worst
  }

  mutating func run(on batches: DataLoader, classNames: [String]) throws -> ValidationReport {
    let device = predictor.device
    let matrix = ConfusionMatrix(classes: classNames.count, device: device)
    var (equal, pixels, images) = (0, 0, 0)
    var times: [Double] = []
    var evaluator = Evaluator(device: device)
    evaluator.metrics = options.metrics
    evaluator.absentClasses = options.absentClasses
    let scores = try evaluator.evaluate(on: batches, classNames: classNames) { batch, wantsConfidence in
      let (size, count) = (batch.labels.spatialSize, batch.images.size(0))
      let start = ContinuousClock.now
      let found = try predictor.label(batch.images, size: size, wantsConfidence: wantsConfidence)
      if device.kind != .cpu { Libtorch.synchronize(device) }
      times.append((ContinuousClock.now - start) / .milliseconds(count))
      images += count
      if let reference {
        let others = try reference.label(batch.images, size: size, wantsConfidence: false).classes
        matrix.add(predictions: others, labels: batch.labels.to(device: device))
        equal += (found.classes .== others).to(dtype: .int64).sum().elements(Int.self)[0]
        pixels += found.classes.count
      }
      worst?.add(batch, classes: found.classes)
      return Predictions(classes: found.classes, confidence: found.confidence)
    }
    var report = ValidationReport(
      scores: scores!, engine: predictor.lastEngine.rawValue, precision: "\(precision)",
      protocol: "\(predictor.inference)", images: images, millisecondsPerImage: times.sorted()[times.count / 2])
    if reference != nil {
      report.agreement = Double(equal) / Double(pixels)
      report.referenceMeanIoU = matrix.report(classNames: classNames, absentClasses: options.absentClasses).meanIoU
    }
    return report
  }
}
