import SegmentationImage
import SegmentationInference

/// The predictors of one context. One thread uses them, on which also images are decoded and answers encoded.
final class Worker {
  private let predictors: [String: Predictor]

  init(_ predictors: [String: Predictor]) { self.predictors = predictors }

  /// The predictor of a network that the server offers.
  func predictor(_ model: ModelDescription) -> Predictor { predictors[model.name]! }

  /// Labels an image of each size that a network was compiled for, so that no client waits for the preparation.
  func prepare() throws {
    for predictor in predictors.values {
      for size in predictor.sizes { _ = try predictor.label(Image(height: size.height, width: size.width)) }
    }
  }
}
