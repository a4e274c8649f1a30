import Foundation
import SegmentationData
import SegmentationModels
import Torch

/// Scores a predictor, measures its time, and compares it with another one.
package struct PredictorEvaluation<Predictor: ImageLabeller> {
  private let predictor: TimedLabeller<Predictor>
  private let reference: Predictor?
  private let options: ValidationOptions
  /// The images that were labelled worst; nil if they are not wanted.
  package private(set) var worst: WorstImages?

  /// - Parameters:
  ///   - reference: Labels the same images to compare with.
  ///   - worst: Collects the worst images.
  package init(_ predictor: Predictor, reference: Predictor?, options: ValidationOptions, worst: WorstImages?) {
    self.predictor = TimedLabeller(predictor)
    self.reference = reference
    self.options = options
    self.worst = worst
  }

  package mutating func run(on batches: DataLoader, classNames: [String]) throws -> ValidationReport {
    let matrix = ConfusionMatrix(classes: classNames.count, device: predictor.device)
    var (equal, pixels) = (0, 0)
    var worst = self.worst
    var evaluator = Evaluator()
    evaluator.metrics = options.metrics
    evaluator.absentClasses = options.absentClasses
    evaluator.watch = { [predictor, reference] batch, found in
      worst?.add(batch, classes: found.classes)
      guard let reference else { return }
      let others = try reference.label(batch.images, size: batch.labels.spatialSize, wantsConfidence: false).classes
      matrix.add(predictions: others, labels: batch.labels.to(device: predictor.device))
      equal += (found.classes .== others).to(dtype: .int64).sum().elements(Int.self)[0]
      pixels += found.classes.count
    }
    let scores = try evaluator.evaluate(predictor, on: batches, classNames: classNames)!
    self.worst = worst
    var report = ValidationReport(
      scores: scores, images: predictor.images, millisecondsPerImage: predictor.medianMilliseconds)
    if reference != nil {
      report.agreement = Double(equal) / Double(pixels)
      report.referenceMeanIoU = matrix.report(classNames: classNames, absentClasses: options.absentClasses).meanIoU
    }
    return report
  }
}
