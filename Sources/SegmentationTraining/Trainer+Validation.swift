import Files
import SegmentationModels
import Torch

extension Trainer {
  enum Validation {
    case interrupted
    /// Some scores were not finite.
    case notCounted
    case scored(ConfusionReport)
  }

  /// Scores the network, or its averaged weights. If that fails, the epoch before it is saved.
  func validation() throws -> Validation {
    do {
      guard let report = try explainingExhaustion(options, validate) else { return .interrupted }
      return .scored(report)
    } catch let error as ScoresNotFinite {
      guard error.images < error.total else {
        throw TrainingError("after step \(step), \(error); \(placeOfGoodState); \(Self.remedy)")
      }
      log.message("epoch \(epoch)/\(options.epochs)  validation does not count: \(error)")
      return .notCounted
    } catch {
      if options.checkpoints.keepsLast { try? saveCheckpoint(to: folder.lastCheckpoint) }
      throw error
    }
  }

  /// The scores; `nil` when interrupted.
  private func validate() throws -> ConfusionReport? {
    guard let validationData else { return nil }
    var scored = model
    if let average, let averagedModel {
      try averagedModel.load(average.state.without(trainingHeadsOf: averagedModel))
      scored = averagedModel
    }
    let evaluator = Evaluator(device: device, precision: options.amp.dtype)
    let report = try evaluator.evaluate(
      scored, on: validationData, classNames: dataset.labels.names, interrupted: { InterruptFlag.isRaised })
    try noteLeftOutFiles()
    guard let report, !(stopsInValidation && step == stopAfterStep) else { return nil }
    let coverage = " over \(report.coverage)"
    self.coverage = coverage
    try metrics.append(MetricsRow(epoch: epoch, step: step, report: report))
    log.message(
      "epoch \(epoch)/\(options.epochs)  mIoU \(percent(report.meanIoU))\(coverage)  "
        + "pixel accuracy \(percent(report.pixelAccuracy))")
    if epoch == options.epochs { log.message(report.table()) }
    return report
  }

  /// Saves the scored weights as `best.pth` if they are the best so far.
  func keepIfBest(_ report: ConfusionReport) throws {
    let isFirst =
      options.checkpoints.keepsBest ? !FileSystem.exists(folder.bestCheckpoint.path) : patience.reference == nil
    guard let score = report.meanIoU, score > bestScore || isFirst else { return }
    try refuseStateThatIsNotFinite()
    bestScore = score
    guard options.checkpoints.keepsBest else { return }
    var checkpoint = TrainingCheckpoint(model: average?.state ?? model.stateDictionary, card: card)
    checkpoint.epoch = epoch
    checkpoint.step = step
    checkpoint.bestScore = score
    try checkpoint.write(to: folder.bestCheckpoint)
  }
}
