import Foundation
import SegmentationData
import SegmentationModels
import Torch

/// Scores a network on a split: all images at the size of their masks, each metric over all images together.
public struct Evaluator {
  /// The device that computes.
  public var device: Device
  /// The precision that the network computes in; int8 needs an engine, so that it is for the evaluation of predictors.
  public var precision = Precision.float32
  /// How the network is applied to each image. An image that needs more memory than there is, is labelled in tiles.
  public var inference = InferenceProtocol()
  /// The metrics beside those that are always computed (`MetricSet.optionalNames`).
  public var metrics: [String] = []
  /// How means over the classes take those without labelled pixels.
  public var absentClasses = AbsentClasses.skip
  /// Receives lines that tell what was done otherwise than asked for.
  public var note: (String) -> Void = { _ in }
  /// Receives each batch with the classes that were found in it.
  public var watch: (Batch, Predictions) throws -> Void = { _, _ in }
  /// The processes that have a part of the batches each; the scores are those of all.
  var world = TrainingWorld.alone

  /// Creates an evaluator that applies the network to each image as a whole.
  public init(device: Device = .cpu, precision: Precision = .float32) {
    self.device = device
    self.precision = precision
  }

  /// Puts the network into evaluation mode and runs it over the batches.
  /// - Parameter interrupted: Asked after each batch; `true` ends the evaluation.
  /// - Returns: The scores, or `nil` when interrupted.
  /// - Throws: `ScoresNotFinite` if the network finds scores that are not numbers; then no class is the best.
  public func evaluate(
    _ model: SegmentationModel, on batches: DataLoader, classNames: [String], interrupted: () -> Bool = { false }
  ) throws -> EvaluationReport? {
    precondition(precision != .int8, "libtorch does not compute in int8: evaluate a predictor")
    model.eval()
    var bad = ScoresNotFinite(images: 0, total: 0, firstFile: "")
    var fitted: [ImageSize: InferenceProtocol] = [:]
    let estimate =
      device.kind == .cpu && inference.tile == nil ? try? MemoryEstimate(model, precision: precision.mixed) : nil
    let report = try evaluate(on: batches, classNames: classNames, interrupted: interrupted) { batch, wantsConfidence in
      try catchingTorchErrors {
        withoutGradients {
          let images = batch.images.uploaded(to: device)
          let inference = fitted[images.spatialSize] ?? self.fitting(images, estimate)
          fitted[images.spatialSize] = inference
          var isFinite = true
          let found = inference.label(images, size: batch.labels.spatialSize, wantsConfidence: wantsConfidence) { x in
            let scores = autocast(precision.mixed, device: device) { model.logits(x) }
            isFinite = isFinite && scores.isFiniteEverywhere
            return scores
          }
          bad.total += batch.count
          if !isFinite {
            if bad.images == 0 { bad.firstFile = batch.files.first ?? "" }
            bad.images += batch.count
          }
          return Predictions(classes: found.classes, confidence: found.confidence)
        }
      }
    }
    guard report != nil else { return nil }
    bad = try bad.merged(in: world)
    if bad.images > 0 { throw bad }
    return report
  }

  private func fitting(_ images: Tensor, _ estimate: MemoryEstimate?) -> InferenceProtocol {
    guard let estimate else { return inference }
    let free = FreeMemory.bytes.map { $0 / images.size(0) }
    let (fitting, line) = inference.fitting(images.spatialSize, estimate: estimate, free: free)
    if let line { note(line) }
    return fitting
  }

  /// Scores whatever finds classes.
  /// - Parameter predictions: Gives the classes of a batch's images, integers of the labels' shape [N, h, w] on the
  ///   evaluator's device, with their probabilities if the second argument is true.
  public func evaluate(
    on batches: DataLoader, classNames: [String], interrupted: () -> Bool = { false },
    predictions: (Batch, Bool) throws -> Predictions
  ) throws -> EvaluationReport? {
    let metrics = try MetricSet(metrics, classes: classNames.count, device: device)
    // A process that has no further batch still takes part in what all ask each other.
    var rounds = world.size == 1 ? 0 : try world.maximum(batches.batchesPerEpoch())
    while let batch = try batches.next() {
      let found = try predictions(batch, metrics.needsConfidence)
      let labels = batch.labels.uploaded(to: device)
      try catchingTorchErrors { metrics.update(predictions: found, labels: labels) }
      try watch(batch, found)
      rounds -= 1
      if try world.isInterrupted(interrupted) { return nil }
    }
    while rounds > 0 {
      rounds -= 1
      if try world.isInterrupted(interrupted) { return nil }
    }
    try world.addUp(metrics.state.entries.map(\.tensor))
    return EvaluationReport(metrics, classNames: classNames, absentClasses: absentClasses)
  }
}
