import SegmentationImage
import SegmentationInference

/// An image and the classes that a network found in it.
struct ImagePrediction: Sendable {
  let image: Image
  let found: LabelledImage

  /// Whether other images may be labelled all the same.
  static func concernsOneImage(_ error: any Error) -> Bool {
    switch error {
    case EngineError.precision, EngineError.calibration, EngineError.unsupported: false
    default: true
    }
  }
}
