import Files
import SegmentationModels
import Torch

extension Trainer {
  enum Validation {
    case interrupted
    /// Some scores were not finite.
    case notCounted
    case scored(EvaluationReport)
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
      log.warn("epoch \(epoch)/\(options.epochs)  validation does not count: \(error)")
      return .notCounted
    } catch {
      if options.checkpoints.keepsLast { try? saveCheckpoint(to: folder.lastCheckpoint) }
      throw error
    }
  }

  /// The scores; `nil` when interrupted.
  private func validate() throws -> EvaluationReport? {
    guard let validationData else { return nil }
    var evaluator = Evaluator(device: device, precision: options.amp)
    evaluator.world = world
    evaluator.inference = options.validation.inference
    evaluator.metrics = options.validation.metrics
    evaluator.absentClasses = options.validation.absentClasses
    evaluator.note = { [unowned self] in warn("validation: \($0)") }
    evaluator.watch = { [unowned self] batch, found in
      for observer in observers { try observer.batchLabelled(batch, found, self) }
    }
    let report = try withAveragedWeights {
      // Batch normalizations of other processes may have seen other images.
      let weights = Set(model.parameters.map(\.identity))
      try world.takeFromFirst(model.namedState.map(\.tensor).filter { !weights.contains($0.identity) })
      return try evaluator.evaluate(model, on: validationData, classNames: dataset.labels.names) {
        shouldStop(.validation(afterStep: step))
      }
    }
    try noteLeftOutFiles()
    guard let report else { return nil }
    coverage = " over \(report.confusion.coverage)"
    try append(MetricsRow(epoch: epoch, step: step, report: report))
    log.message(
      "epoch \(epoch)/\(options.epochs)  \(report.summary(monitor: options.validation.monitoredScore))")
    return report
  }

  /// Runs `body` while the network has the averaged weights, if they are averaged.
  private func withAveragedWeights<Success>(_ body: () throws -> Success) throws -> Success {
    guard let average else { return try body() }
    let trained = model.stateDictionary
    try model.load(average.state)
    let result = Result { try body() }
    try model.load(trained)
    return try result.get()
  }

  /// Saves the scored weights as `best.pth` if they are the best so far.
  func keepIfBest(_ report: EvaluationReport) throws {
    guard world.isFirst else { return }
    let isFirst =
      options.checkpoints.keepsBest ? !FileSystem.exists(folder.bestCheckpoint.path) : patience.reference == nil
    let monitor = options.validation.monitoredScore
    guard let score = report[monitor.name], monitor.isBetter(score, than: bestScore) || isFirst else { return }
    try refuseStateThatIsNotFinite()
    bestScore = score
    guard options.checkpoints.keepsBest else { return }
    var checkpoint = TrainingCheckpoint(model: average?.state ?? model.stateDictionary, card: card)
    checkpoint.epoch = epoch
    checkpoint.step = step
    checkpoint.bestScore = score
    try checkpoint.write(to: folder.bestCheckpoint)
    try BestConfusion(report.confusion, epoch: epoch, step: step).write(to: folder.confusion)
  }

  /// The validation whose weights are in `best.pth`, as it was written down; nil if there is none.
  func bestValidation() throws -> MetricsRow? {
    try metrics.rows().first { $0.scores[options.validation.monitor] == bestScore }
  }

  /// Says the scores by class of the best checkpoint.
  func showBestScores() throws {
    guard options.validation.enabled, let row = try bestValidation() else { return }
    let table = ScoreTable(
      classNames: dataset.labels.names, scores: row.scores, classScores: row.classScores,
      classPixels: row.classPixels ?? [:], absentClasses: options.validation.absentClasses)
    let inference = options.validation.inference
    let how = inference.isPlain ? "" : " (\(inference))"
    log.message("the best checkpoint's scores, after epoch \(row.epoch)\(how):\n\(table.text())")
  }

  /// The best score in words, for a finished run.
  func bestScoreInWords() throws -> String {
    let monitor = options.validation.monitoredScore
    let place = try bestValidation().map { " after epoch \($0.epoch)" } ?? ""
    return "best \(monitor.title) \(percent(bestScore))\(monitor.byClass == nil ? "" : coverage ?? "")\(place)"
  }
}
