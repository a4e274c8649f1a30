import Files
import Foundation
import SegmentationData
import SegmentationInference
import SegmentationTraining
import Torch

/// Scores a network as an engine runs it, and measures the time of that.
struct EngineValidation {
  private let predictor: Predictor
  private let precision: DType
  private let reference: Predictor?

  /// - Parameter reference: Labels the same images to compare with.
  init(_ predictor: Predictor, precision: DType, reference: Predictor?) {
    self.predictor = predictor
    self.precision = precision
    self.reference = reference
  }

  func run(on batches: DataLoader, classNames: [String]) throws -> ValidationReport {
    let device = predictor.device
    let matrix = ConfusionMatrix(classes: classNames.count, device: device)
    var (equal, pixels, images) = (0, 0, 0)
    var times: [Double] = []
    let scores = try Evaluator(device: device).evaluate(on: batches, classNames: classNames) { batch in
      let (size, count) = (batch.labels.spatialSize, batch.images.size(0))
      let start = ContinuousClock.now
      let classes = try predictor.classes(of: batch.images, size: size)
      if device.kind != .cpu { Libtorch.synchronize(device) }
      times.append((ContinuousClock.now - start) / .milliseconds(count))
      images += count
      if let reference {
        let others = try reference.classes(of: batch.images, size: size)
        matrix.add(predictions: others, labels: batch.labels.to(device: device))
        equal += (classes .== others).to(dtype: .int64).sum().elements(Int.self)[0]
        pixels += classes.count
      }
      return classes
    }
    var report = ValidationReport(
      scores: scores!, engine: predictor.lastEngine.rawValue, precision: "\(precision)", images: images,
      millisecondsPerImage: times.sorted()[times.count / 2])
    if reference != nil {
      report.agreement = Double(equal) / Double(pixels)
      report.referenceMeanIoU = matrix.report(classNames: classNames).meanIoU
    }
    return report
  }
}

/// What `val` found.
struct ValidationReport: Encodable {
  let scores: ConfusionReport
  /// What labelled the images.
  let engine: String
  let precision: String
  let images: Int
  /// The median over the batches: normalized image in memory in, classes out.
  let millisecondsPerImage: Double
  /// The share of pixels that the reference, libtorch in float32, labelled alike.
  var agreement: Double?
  var referenceMeanIoU: Double?
  /// Files that could not be read (`data.skip_bad_validation_files`).
  var leftOut: [LeftOutFile] = []

  private enum CodingKeys: String, CodingKey {
    case meanIou, classesInMean, absentClasses, engine, precision, images, millisecondsPerImage, agreement
    case referenceMeanIou, leftOut
  }

  /// The scores' keys and these beside each other.
  func encode(to encoder: any Encoder) throws {
    try scores.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encodeIfPresent(scores.meanIoU, forKey: .meanIou)
    try container.encode(scores.classesInMean, forKey: .classesInMean)
    try container.encode(scores.absentClasses, forKey: .absentClasses)
    try container.encode(engine, forKey: .engine)
    try container.encode(precision, forKey: .precision)
    try container.encode(images, forKey: .images)
    try container.encode(millisecondsPerImage, forKey: .millisecondsPerImage)
    try container.encodeIfPresent(agreement, forKey: .agreement)
    try container.encodeIfPresent(referenceMeanIoU, forKey: .referenceMeanIou)
    if !leftOut.isEmpty { try container.encode(leftOut, forKey: .leftOut) }
  }

  func text() -> String {
    var text = scores.table()
    text += String(format: "\(images) images, %.1f ms each (\(engine), \(precision))\n", millisecondsPerImage)
    if let agreement, let referenceMeanIoU {
      text += String(
        format: "libtorch in float32: the same class in %.3f %% of the pixels, mIoU %.2f %%\n", agreement * 100,
        referenceMeanIoU * 100)
    }
    if !leftOut.isEmpty { text += "left out, since they cannot be read: \(leftOut.count) images\n" }
    for file in leftOut { text += "  \("\(file)".printable())\n" }
    return text
  }
}
