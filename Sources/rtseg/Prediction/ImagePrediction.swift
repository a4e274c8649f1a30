import Foundation
import SegmentationImage
import SegmentationInference

/// An image and what a network says of it.
struct ImagePrediction {
  let image: Image
  let classes: Mask
  /// The probability of each pixel's class, if it is to be written.
  let confidence: Mask?

  init(_ job: PredictionPlan.Job, by predictor: Predictor) throws {
    image = try Image(contentsOf: URL(filePath: job.path))
    if job.outputs.contains(where: { $0.product == .probability }) {
      let prediction = try predictor.predict(image)
      (classes, confidence) = try (prediction.classes, prediction.confidence)
    } else {
      (classes, confidence) = (try predictor.classes(of: image), nil)
    }
  }

  /// Whether other images may be labelled all the same.
  static func concernsOneImage(_ error: any Error) -> Bool {
    switch error {
    case EngineError.precision, EngineError.calibration, EngineError.unsupported: false
    default: true
    }
  }
}
