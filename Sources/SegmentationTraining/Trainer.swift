import Files
import Foundation
import SegmentationData
import SegmentationModels
import Torch

/// Trains a network: `run()` reads as the recipe.
///
/// Everything that differs between runs is in the options; everything that a run produces is in its folder, which one
/// process at a time uses. A run that stops, however it does, goes on from `last.pth` as if it had not.
///
/// A step whose loss or gradients are not finite is skipped: it counts as a step of the schedule and of the data, and
/// lowers the gradient scaler's scale; nothing else changes with it, neither weights nor buffers, averages, the
/// optimizer's state, the epoch's loss or the random generators.
public final class Trainer {
  public let options: TrainingOptions
  public let folder: RunFolder
  public let model: SegmentationModel
  /// Steps of one epoch; the last partial batch is dropped.
  public let stepsPerEpoch: Int

  let architecture: Architecture
  let device: Device
  let dataset: Dataset
  let trainingData: DataLoader
  /// None: the run does not validate.
  let validationData: DataLoader?
  let objective: any Objective
  let optimizer: any Optimizer
  let schedule: LearningRateSchedule
  let scaler: GradientScaler
  let average: ParameterAverage?
  /// The network that validation runs where the weights are averaged.
  let averagedModel: SegmentationModel?
  let metrics: MetricsLog
  let log: RunLog
  /// What a step changes before it is known whether it counts.
  private let snapshot: StepSnapshot
  /// Keeps other processes out of the folder until the run ends.
  private var lock: FileLock?

  /// Epochs done, steps done of the next one, and in all.
  public internal(set) var epoch = 0
  var stepInEpoch = 0
  public internal(set) var step = 0
  public internal(set) var bestScore = 0.0
  var epochLoss = (sum: 0.0, count: 0)
  /// Whether the last whole epoch is still to be validated.
  var isValidationPending = false
  /// Ends the run after this step as an interruption would; for tests of resumption.
  package var stopAfterStep: Int?
  /// Whether that is in the validation that follows the step.
  package var stopsInValidation = false
  /// Steps skipped in a row because the loss or gradients were not finite.
  private var skippedSteps = 0
  /// The files that were left out and written down so far.
  var leftOut: Set<LeftOutFile> = []
  /// How many classes the mean IoU covers, once that is known.
  var coverage: String?

  /// Opens the data, builds the network and, when resuming, takes up the run in the options' folder.
  public init(
    options: TrainingOptions, resume: Bool = false, log makeLog: (URL) throws -> RunLog = { try RunLog(file: $0) }
  ) throws {
    var options = options
    options.data = options.data.located()
    self.options = options
    try options.validateAll()
    Libtorch.keepFreedMemory()
    if let threads = options.threads { try Libtorch.useThreads(threads) }
    Libtorch.seed(options.seed)
    device = try chooseDevice(options.device)
    architecture = try options.model.architecture()
    dataset = try Dataset.open(options.data)
    trainingData = try .training(
      dataset.samples(of: .train), labels: dataset.labels, batchSize: options.batchSize, seed: options.seed,
      options: options.data, augmentation: options.augmentation, channelsLast: true)
    validationData =
      options.validation.enabled
      ? try .validation(
        dataset.samples(of: .val), labels: dataset.labels, batchSize: options.validation.batchSize,
        options: options.data, augmentation: options.augmentation, channelsLast: true) : nil
    if options.validation.enabled {
      try options.validation.refuseTileLargerThanImages(
        dataset.samples(of: .val), scale: options.augmentation.scale, orientation: options.data.exifOrientation,
        option: "validation.tile")
    }
    stepsPerEpoch = try trainingData.batchesPerEpoch()
    let classes = dataset.labels.classes.count
    let heads = try options.model.heads(of: architecture)
    try refuseCropsThatDoNotFit(architecture, options.augmentation.cropSize)
    try refuseSinglePixelNormalization(architecture, heads: heads, options: options)
    if options.model.backboneWeights != nil { try refuseMissingBackbone(architecture) }
    if let weights = options.objective.classWeights, weights.count != classes {
      throw TrainingError(
        "objective.class_weights: expected \(classes) numbers, one for each class, found \(weights.count)")
    }

    let (folder, lock) = try RunFolder.take(URL(filePath: options.output), mode: resume ? .resumed : .new)
    self.folder = folder
    self.lock = lock
    log = try makeLog(folder.log)
    metrics = MetricsLog(folder.metrics)
    let (architecture, device) = (architecture, device)
    model = try explainingExhaustion(options) {
      try catchingTorchErrors { try architecture.makeModel(classes: classes, heads: heads).to(device) }
    }
    snapshot = StepSnapshot(of: model, device: device)
    objective = options.objective.makeObjective(for: model, device: device)
    optimizer = options.optimizer.makeOptimizer(for: model)
    schedule = options.schedule.schedule(
      learningRate: options.optimizer.learningRate, epochs: options.epochs, stepsPerEpoch: stepsPerEpoch)
    scaler = GradientScaler(enabled: options.amp == .float16)
    average = options.averaging.enabled ? ParameterAverage(of: model) : nil
    averagedModel = average == nil ? nil : try architecture.makeModel(classes: classes).to(device)
    if resume { try restore() } else { try begin() }
    if !options.validation.enabled { isValidationPending = false }  // resumed with another choice
  }

  /// Trains to the last epoch, or until interrupted.
  @discardableResult
  public func run() throws -> TrainingSummary {
    defer { lock = nil }
    describe()
    while epoch < options.epochs || isValidationPending {
      if !isValidationPending {
        guard try trainEpoch() else { return try interrupted() }
        isValidationPending = options.validation.isDue(after: epoch, of: options.epochs)
      }
      if isValidationPending {
        switch try validation() {
        case .interrupted: return try interrupted()
        case .notCounted: break
        case .scored(let report): try keepIfBest(report)
        }
        isValidationPending = false
      }
      try saveCheckpoint(to: folder.lastCheckpoint)
      try plotCurves()
    }
    try plotCurves()  // a run that was stopped right before
    try showBestScores()
    log.message(try result())
    return TrainingSummary(bestScore: bestScore, steps: step, wasInterrupted: false)
  }

  /// What a finished run says last.
  private func result() throws -> String {
    let last = folder.lastCheckpoint.relativePath
    guard options.validation.enabled else {
      return "done: not validated, so there is no best.pth; the result is \(last)"
    }
    guard FileSystem.exists(folder.bestCheckpoint.path) else {
      return "done: no validation counted, so there is no best.pth; the result is \(last)"
    }
    return "done: \(try bestScoreInWords()), \(folder.bestCheckpoint.relativePath)"
  }

  // MARK: - An epoch

  /// Runs what is left of an epoch; `false` when interrupted.
  private func trainEpoch() throws -> Bool {
    model.train()
    while stepInEpoch < stepsPerEpoch {
      let start = ContinuousClock.now
      guard let batch = try explainingExhaustion(options, trainingData.next) else {
        throw TrainingError("the training data ended after \(stepInEpoch) of \(stepsPerEpoch) steps of an epoch")
      }
      let dataTime = ContinuousClock.now - start
      let loss = try trainStep(batch)
      report(loss: loss, images: batch.count, dataTime: dataTime, stepTime: ContinuousClock.now - start)
      if InterruptFlag.isRaised || (step == stopAfterStep && !stopsInValidation) { return false }
    }
    _ = try trainingData.next()  // the end of the epoch
    try refuseIdleLastEpoch()
    try noteLeftOutFiles()
    try metrics.append(epochRow())
    epoch += 1
    stepInEpoch = 0
    epochLoss = (0, 0)
    return true
  }

  /// One update of the weights. Returns the loss.
  private func trainStep(_ batch: Batch) throws -> Double {
    let (loss, isFinite) = try explainingExhaustion(options) { try catchingTorchErrors { try update(batch) } }
    try watch(isFinite: isFinite, loss: loss, batch: batch)
    return loss
  }

  private func update(_ batch: Batch) throws -> (loss: Double, isFinite: Bool) {
    followSchedule(at: step)
    snapshot.take()
    let images = batch.images.to(device: device)
    let labels = batch.labels.to(device: device)

    let output = autocast(options.amp.dtype, device: device) { model(images) }
    let loss = objective.loss(output: output, labels: labels).total
    scaler.scaled(loss).backward()
    let gradients = model.parameters.compactMap(\.grad)
    let value = loss.item
    let isFinite = scaler.unscale(gradients) && value.isFinite
    if isFinite {
      clip(gradients)
      optimizer.step()
      average?.update(with: model, decay: options.averaging.decay(at: step + 1, of: schedule.totalSteps))
    } else {
      try snapshot.restore()
    }
    scaler.update(finite: isFinite)
    model.clearGradients()
    step += 1
    stepInEpoch += 1

    return (value, isFinite)
  }

  /// Sets what the schedule says for a step.
  func followSchedule(at step: Int) {
    optimizer.groups[0].learningRate = schedule.learningRate(at: step)
    if let momentum = schedule.momentum(at: step) { optimizer.groups[0].momentum = momentum }
  }

  private func clip(_ gradients: [Tensor]) {
    guard let limit = options.optimizer.clipNorm else { return }
    let factor = limit / (totalNorm(gradients).item + 1e-6)
    if factor < 1 { gradients.forEach { $0.multiplyInPlace(factor) } }
  }

  /// Reports steps that were skipped, and gives up when they do not end.
  private func watch(isFinite: Bool, loss: Double, batch: Batch) throws {
    if isFinite {
      skippedSteps = 0
      epochLoss = (epochLoss.sum + loss, epochLoss.count + 1)
      return
    }
    skippedSteps += 1
    log.message(
      "step \(step) is skipped: its loss (\(loss)) or gradients are not finite; images: "
        + batch.files.joined(separator: ", "))
    if skippedSteps >= options.maximumSkippedSteps {
      throw TrainingError(
        "the loss or gradients were not finite in \(skippedSteps) steps in a row; \(placeOfGoodState); \(Self.remedy)")
    }
  }

  /// Saves and ends a run that was asked to stop.
  private func interrupted() throws -> TrainingSummary {
    try noteLeftOutFiles()
    try saveCheckpoint(to: folder.lastCheckpoint)
    let place =
      isValidationPending
      ? "in the validation of epoch \(epoch)" : "in epoch \(epoch + 1) after step \(stepInEpoch)/\(stepsPerEpoch)"
    log.message(
      "interrupted \(place); saved "
        + "\(folder.lastCheckpoint.relativePath), go on with --resume")
    return TrainingSummary(bestScore: bestScore, steps: step, wasInterrupted: true)
  }

  // MARK: - Reports

  private func report(loss: Double, images: Int, dataTime: Duration, stepTime: Duration) {
    log.step(
      StepProgress(
        epoch: epoch + 1, epochs: options.epochs, step: stepInEpoch, stepsPerEpoch: stepsPerEpoch, loss: loss,
        learningRate: optimizer.groups[0].learningRate, images: images, dataSeconds: dataTime.seconds,
        stepSeconds: stepTime.seconds))
  }

  private func epochRow() -> MetricsRow {
    var row = MetricsRow(epoch: epoch + 1, step: step)
    row.loss = epochLoss.count > 0 ? epochLoss.sum / Double(epochLoss.count) : .nan
    row.learningRate = optimizer.groups[0].learningRate
    return row
  }

  private func describe() {
    let crop = options.augmentation.cropSize
    let validation = validationData.map { "\($0.sampleCount) validation images" } ?? "no validation images"
    log.message(
      "\(architecture.name) on \(dataset.name): \(trainingData.sampleCount) training and \(validation), "
        + "\(dataset.labels.classes.count) classes; crop \(crop), batch \(options.batchSize), \(stepsPerEpoch) steps per "
        + "epoch, on \(device)" + (device.kind == .cpu ? " with \(Libtorch.threads) threads" : ""))
    dataset.omissions(of: options.validation.enabled ? [.train, .val] : [.train]).forEach(log.message)
  }

  private func plotCurves() throws {
    let plot = CurvePlot(
      rows: try metrics.rows(), title: "\(architecture.name) on \(dataset.name)",
      monitor: options.validation.monitor)
    try AtomicFile.write(Data(plot.svg().utf8), to: folder.curves)
  }
}

/// How a run ended.
public struct TrainingSummary: Sendable {
  /// The best value of the score that `validation.monitor` names.
  public let bestScore: Double
  public let steps: Int
  public let wasInterrupted: Bool
}

func percent(_ share: Double?) -> String { share.map { String(format: "%.2f%%", $0 * 100) } ?? "-" }

extension Duration {
  var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
