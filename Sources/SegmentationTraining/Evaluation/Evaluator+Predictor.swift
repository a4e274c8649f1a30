import SegmentationData
import SegmentationModels
import Torch

extension Evaluator {
  /// Scores a predictor on the images of a split: this package's `Predictor`, or one of your own.
  ///
  /// Images have their own size, and the predictor's channels and normalization.
  /// - Parameters:
  ///   - options: How the data set is read.
  ///   - batchSize: The number of images in one call of the predictor, if they have one size.
  /// - Throws: `DataError` for images that cannot be read, `TorchError`, and what the predictor throws.
  public func evaluate(
    _ predictor: some ImageLabeller, on dataset: Dataset, split: Split = .val, options: DataOptions = DataOptions(),
    batchSize: Int = 1
  ) throws -> EvaluationReport {
    var augmentation = AugmentationOptions()
    augmentation.mean = predictor.mean
    augmentation.std = predictor.std
    var options = options
    (options.channels, options.pixelType) = (predictor.mean.count, predictor.pixelType)
    let batches = try DataLoader.validation(
      dataset.samples(of: split), labels: dataset.labels, batchSize: batchSize, options: options,
      augmentation: augmentation, channelsLast: true)
    return try evaluate(predictor, on: batches, classNames: dataset.labels.names)!
  }

  /// Scores a predictor on batches, which must have its normalization.
  /// - Parameter interrupted: Asked after each batch; `true` ends the evaluation.
  /// - Returns: The scores, or `nil` when interrupted.
  /// - Throws: `DataError` for images that cannot be read, `TorchError`, and what the predictor throws.
  public func evaluate(
    _ predictor: some ImageLabeller, on batches: DataLoader, classNames: [String],
    interrupted: () -> Bool = { false }
  ) throws -> EvaluationReport? {
    var evaluator = self
    evaluator.device = predictor.device
    return try evaluator.evaluate(on: batches, classNames: classNames, interrupted: interrupted) {
      batch, wantsConfidence in
      let found = try predictor.label(batch.images, size: batch.labels.spatialSize, wantsConfidence: wantsConfidence)
      return Predictions(classes: found.classes, confidence: found.confidence)
    }
  }
}
