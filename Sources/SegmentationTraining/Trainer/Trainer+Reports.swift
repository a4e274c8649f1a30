import Basics
import Files
import Foundation
import SegmentationData
import Torch

extension Trainer {
  /// Looks through the validation files before the run begins: says how many classes the mean IoU will cover.
  /// - Throws: `TrainingError` for files that cannot be read, unless they may be left out, and if no pixel is labelled.
  func describeValidation() throws {
    let checker = DataChecker(dataset, channels: options.data.channels, pixelType: options.data.pixelType)
    guard let split = try checker.check([.val]).splits.first else { return }
    if let bad = split.badFiles.first, !options.data.skipBadValidationFiles {
      let others = split.badFiles.count - 1
      throw TrainingError(
        "a validation file cannot be used: \(LeftOutFile(file: bad.file, reason: bad.reason))"
          + (others > 0 ? " (and \(others) more, which rtseg data check lists)" : "")
          + "; repair it, or set data.skip_bad_validation_files to score on the others")
    }
    let absent = split.classes.filter { $0.pixels == 0 }.map { $0.name.printable(limit: 80) }
    let all = split.classes.count
    guard absent.count < all else {
      throw TrainingError(
        "none of the \(validationData?.sampleCount ?? 0) validation images has a labelled pixel, so that nothing can be "
          + "scored: rtseg data check shows the values in the masks and proposes a map")
    }
    guard !absent.isEmpty else { return log.message("the mean IoU covers all \(all) classes") }
    if options.validation.absentClasses == .zero {
      return log.message(
        "the mean IoU covers all \(all) classes; those without labelled pixels in val count as 0: "
          + absent.joined(separator: ", "))
    }
    log.message(
      "the mean IoU covers \(all - absent.count) of \(all) classes; without labelled pixels in val: "
        + absent.joined(separator: ", "))
  }

  /// Writes files that were newly left out into the log and the manifest, and what became known of the cache into the log.
  func noteLeftOutFiles() throws {
    for loader in [trainingData, validationData].compactMap({ $0 }) { loader.takeNotices().forEach(warn) }
    let found = try world.gather(trainingData.leftOut + (validationData?.leftOut ?? [])).flatMap { $0 }
    let new = Set(found).subtracting(leftOut).sorted { $0.file < $1.file }
    guard !new.isEmpty else { return }
    leftOut.formUnion(new)
    for file in new { log.warn("left out: \(file)") }
    guard world.isFirst, var manifest = readManifest() else { return }
    manifest.leftOut = leftOut.sorted { $0.file < $1.file }
    try AtomicFile.write(manifest.json(), to: folder.manifest)
  }

  /// The run's manifest; nil if it is not there or is not one.
  func readManifest() -> RunManifest? {
    (try? InputFile.contents(of: folder.manifest.path, limit: 1 << 28)).flatMap { try? RunManifest(json: Data($0)) }
  }

  /// Throws if a run that is resumed has trained more epochs than it is now asked for.
  func refuseFewerEpochs(than checkpoint: TrainingCheckpoint) throws {
    let isInsideEpoch = checkpoint.stepInEpoch > 0 && checkpoint.stepInEpoch < stepsPerEpoch
    guard checkpoint.epoch > options.epochs || (checkpoint.epoch == options.epochs && isInsideEpoch) else { return }
    let done = "\(checkpoint.epoch) epoch\(checkpoint.epoch == 1 ? "" : "s")\(isInsideEpoch ? " and a part" : "")"
    throw TrainingError(
      "epochs: the run in \(folder.url.relativePath) has trained \(done) already, more than the \(options.epochs) asked "
        + "for; give --epochs \(checkpoint.epoch + 1) or more to go on")
  }

  // MARK: - The end

  /// The reason for which the run ends before its last epoch.
  var reasonToStop: String? {
    if let limit = options.stopping.patience, patience.validations >= limit {
      return
        "stopped early: \(patience.validations) validation\(patience.validations == 1 ? "" : "s") in a row brought no "
        + "better score (stopping.patience)"
    }
    return isOutOfTime ? outOfTime : requestedStop
  }

  /// Hours of training in all.
  var hours: Double { earlierHours + (ContinuousClock.now - startTime).seconds / 3600 }

  var isOutOfTime: Bool { options.stopping.hours.map { hours >= $0 } ?? false }

  private var outOfTime: String {
    "stopped: the time limit of \(options.stopping.hours ?? 0) hours is reached (stopping.hours); go on with --resume "
      + "and a larger one"
  }

  /// Ends a run that `stopping` ends. All is saved already.
  func stopped(_ reason: String) throws -> TrainingSummary {
    log.message(reason)
    try reportResult()
    return TrainingSummary(bestScore: bestScore, steps: step, wasInterrupted: false)
  }

  /// Saves and ends a run that was asked to stop, or whose time is over.
  func interrupted() throws -> TrainingSummary {
    try noteLeftOutFiles()
    if options.checkpoints.keepsLast { try saveCheckpoint(to: folder.lastCheckpoint) }
    let place =
      isValidationPending
      ? "in the validation of epoch \(epoch)" : "in epoch \(epoch + 1) after step \(stepInEpoch)/\(stepsPerEpoch)"
    let saved =
      options.checkpoints.keepsLast
      ? "saved \(folder.lastCheckpoint.relativePath), go on with --resume"
      : "nothing is saved, since checkpoints is \(options.checkpoints.rawValue)"
    guard world.size == 1 ? isOutOfTime : agreement.isOutOfTime, !InterruptFlag.isRaised else {
      log.result("interrupted \(place); \(saved)")
      return TrainingSummary(bestScore: bestScore, steps: step, wasInterrupted: true)
    }
    log.result("\(outOfTime); it ended \(place); \(saved)")
    try plotCurves()
    return TrainingSummary(bestScore: bestScore, steps: step, wasInterrupted: false)
  }

  /// Says and draws what has come out.
  func reportResult() throws {
    guard world.isFirst else { return }
    try plotCurves()
    try showBestScores()
    log.result(try result())
  }

  /// The last line of a finished run.
  func result() throws -> String {
    let last =
      options.checkpoints.keepsLast ? "the result is \(folder.lastCheckpoint.relativePath)" : "nothing is saved"
    guard options.validation.enabled else { return "done: the run had no validation, so there is no best.pth; \(last)" }
    guard options.checkpoints.keepsBest else { return "done: \(try bestScoreInWords()); \(last)" }
    guard FileSystem.exists(folder.bestCheckpoint.path) else {
      return "done: no validation counted, so there is no best.pth; \(last)"
    }
    return "done: \(try bestScoreInWords()), \(folder.bestCheckpoint.relativePath)"
  }

  // MARK: - Reports

  func epochRow() -> MetricsRow {
    var row = MetricsRow(epoch: epoch + 1, step: step)
    row.loss = epochLoss.mean
    row.lossParts = epochLoss.termMeans
    row.learningRate = schedule.learningRate(at: step - 1)
    return row
  }

  func describe() {
    let crop = options.augmentation.cropSize
    let validation = validationData.map { "\($0.sampleCount) validation images" } ?? "no validation images"
    let steps = options.accumulation == 1 ? "" : " of \(options.accumulation) batches"
    log.message(
      "\(model.name) on \(dataset.name): \(trainingData.sampleCount) training and \(validation), "
        + "\(dataset.labels.classes.count) classes; crop \(crop), batch \(options.batchSize), \(stepsPerEpoch) steps\(steps) "
        + "per epoch, on \(device)" + (device.kind == .cpu ? " with \(Libtorch.threads) threads" : "") + describedWorld)
    dataset.omissions(of: options.validation.enabled ? [.train, .val] : [.train]).forEach(log.message)
    if options.amp == .bfloat16, device.kind == .cpu, !Processor.multipliesBFloat16 {
      log.warn(
        "amp: this processor does not multiply bfloat16, so that the run is slower than in float32; leave amp off unless "
          + "you need the memory")
    }
    if let teacher = options.distillation.teacher {
      log.message(
        "learns from \(teacher), \(options.distillation.checkpoint ?? "") (\(options.distillation.kind.rawValue))")
    }
    let count = model.parameters.count
    let trainedCount = trained.groups.reduce(0) { $0 + $1.parameters.count { !$0.name.hasPrefix("distillation.") } }
    if trainedCount < count { log.message("\(count - trainedCount) of \(count) parameter tensors are frozen") }
  }

  /// Writes a row of measurements down.
  func append(_ row: MetricsRow) throws {
    if world.isFirst { try metrics.append(row) }
  }

  func plotCurves() throws {
    guard world.isFirst else { return }
    let plot = CurvePlot(
      rows: try metrics.rows(), title: "\(model.name) on \(dataset.name)", monitor: options.validation.monitor)
    try AtomicFile.write(Data(plot.svg().utf8), to: folder.curves)
  }
}
