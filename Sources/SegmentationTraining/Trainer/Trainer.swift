import Files
import Foundation
import SegmentationData
import SegmentationModels
import SegmentationWeights
import Torch

/// Trains a network: `run()` reads as the recipe.
///
/// `Trainer(options:)` trains a network of the catalogue on the data set that the options name, as `rtseg train` does;
/// `Trainer(model:dataset:options:)` trains any network on any data set in the same way.
///
/// Everything that differs between runs is in the options; everything that a run produces is in its folder, which one
/// process at a time uses. A run that stops, however it does, goes on from `last.pth` as if it had not.
///
/// A step whose loss or gradients are not finite is skipped: it counts as a step of the schedule and of the data, and
/// lowers the gradient scaler's scale; nothing else changes with it, neither weights nor buffers, averages, the
/// optimizer's state, the epoch's loss or the random generators.
///
/// Several processes train together as one would (`TrainingWorld`): each computes its part of each batch, and the first of
/// them writes the folder.
public final class Trainer {
  /// How a trainer takes its folder.
  public enum Start: Sendable {
    /// A new run begins in it.
    case new
    /// The run in it goes on.
    case resumed
    /// Nothing is written, for trials of a few steps.
    case rehearsal
  }

  /// The options of the run, with absolute paths.
  public let options: TrainingOptions
  /// The folder that the run writes.
  public let folder: RunFolder
  /// The network that is trained.
  public let model: SegmentationModel
  /// Steps of one epoch; the images that do not fill a last step are dropped.
  public let stepsPerEpoch: Int

  let world: TrainingWorld
  let device: Device
  let dataset: Dataset
  let trainingData: DataLoader
  /// None: the run does not validate.
  let validationData: DataLoader?
  let objective: any Objective
  /// The teacher that the network learns from too.
  let distillation: Distillation?
  let trained: TrainedParameters
  let optimizer: any Optimizer
  let schedule: LearningRateSchedule
  let scaler: GradientScaler
  let average: ParameterAverage?
  let metrics: MetricsLog
  let log: RunLog
  /// Holds what a step changes before it is known whether the step counts.
  let snapshot: StepSnapshot
  /// Averages the gradients over the processes; nil if there is one.
  private(set) var synchronizer: GradientSynchronizer?
  /// Who watches the run, beginning with those that `logging` asks for; others are added before it begins.
  public var observers: [any TrainingObserver] = []
  /// Why an observer wants the run to end.
  var requestedStop: String?
  /// Keeps other processes out of the folder until the run ends.
  private var lock: FileLock?

  /// The epochs done.
  public internal(set) var epoch = 0
  /// The steps done of the epoch after those.
  var stepInEpoch = 0
  /// The steps done in all.
  public internal(set) var step = 0
  /// The best value so far of the score that `validation.monitor` names.
  public internal(set) var bestScore = 0.0
  var epochLoss = EpochLoss()
  var patience = Patience()
  /// Whether the last whole epoch is still to be validated.
  var isValidationPending = false
  /// Asked after each step, and after each batch of a validation, whether the run is to stop there: it is then saved and can
  /// go on. Unless it is set, a signal such as Ctrl-C stops the run (`InterruptFlag`).
  public var shouldStop: (StoppingPoint) -> Bool = { _ in InterruptFlag.isRaised }
  /// Whether another process has found that the run is to end after this step, and whether because its time is over.
  var agreement = (stops: false, isOutOfTime: false)
  /// Whether the step under way has not changed the weights yet.
  var isStepOpen = false
  /// Steps skipped in a row because the loss or gradients were not finite.
  var skippedSteps = 0
  /// Hours of training before this process took the run up, and when it did.
  var earlierHours = 0.0
  let startTime = ContinuousClock.now
  /// The files that were left out and written down so far.
  var leftOut: Set<LeftOutFile> = []
  /// How many classes the mean IoU covers, once that is known.
  var coverage: String?

  /// Opens the data, checks it and the options against the network, and opens the run's folder.
  /// - Parameters:
  ///   - own: The network; nil: that of the catalogue which the options name.
  ///   - ownDataset: The data; nil: those that the options name.
  ///   - ownObjective: What is minimized; nil: the losses that the options name.
  init(
    model own: SegmentationModel?, dataset ownDataset: Dataset?, objective ownObjective: (any Objective)?,
    options: TrainingOptions, start: Start, world: TrainingWorld, log makeLog: (URL) throws -> RunLog
  ) throws {
    var options = options
    if let own { try options.model.describe(own) }
    if let own { try refuseOtherChannels(own, options.data) }
    if let ownDataset { (options.data.dataset, options.data.root) = (ownDataset.name, ownDataset.root) }
    options.data = options.data.located()
    options.distillation.checkpoint = options.distillation.checkpoint.map {
      WeightsSource.isPath($0) ? DataOptions.absolute($0) : $0
    }
    options.logging.tensorboardFolder = options.logging.tensorboardFolder.map(DataOptions.absolute)
    self.options = options
    self.world = world
    try options.validateAll()
    try refuseBatchThatCannotBeSplit(options, world)
    Libtorch.keepFreedMemory()
    if let threads = options.threads { try Libtorch.useThreads(threads) } else { try world.shareThreads() }
    // Looking for the device loads the library whose random numbers are seeded, too.
    let device = try world.device ?? Device(named: options.device)
    Libtorch.seed(options.seed)
    self.device = device
    let synchronizesNorms = options.model.syncBatchNorm ?? (device.kind == .cuda) && world.size > 1
    try refuseWhatTheNetworkCannot(
      own?.train() ?? withDefaultDevice(.meta) { try options.model.makeModel(imageChannels: options.data.channels) },
      options: options,
      imagesPerNormalization: synchronizesNorms ? options.batchSize : options.batchSize / world.size)
    if start != .resumed, world.isFirst {
      for file in [options.model.initial, options.continueFrom].compactMap({ $0 }) where WeightsSource.isPath(file) {
        _ = try InputFile(URL(filePath: file))
      }
    }
    let trackers = start == .rehearsal || !world.isFirst ? nil : try Trackers(options, isResumed: start == .resumed)
    dataset = try ownDataset.map { $0.splitting(by: options.data) } ?? Dataset.open(options.data)
    let classNames = dataset.labels.names
    let scores = try options.model.scores(classes: classNames.count)
    if let own { try refuseOtherScores(own, scores: scores, crop: options.augmentation.cropSize) }
    try world.compare(options, dataset)
    let (dataset, settled) = (self.dataset, options)
    // Counts of classes are made by one process of a machine and found by the others.
    trainingData = try world.inTurn {
      try .training(
        dataset.samples(of: .train), labels: dataset.labels, batchSize: settled.batchSize, seed: settled.seed,
        options: settled.data, augmentation: settled.augmentation, channelsLast: true,
        forUpload: device.kind == .cuda)
    }
    try trainingData.shard(world.rank, of: world.size)
    validationData =
      options.validation.enabled
      ? try .validation(
        dataset.samples(of: .val), labels: dataset.labels, batchSize: options.validation.batchSize,
        options: options.data, augmentation: options.augmentation, channelsLast: true,
        forUpload: device.kind == .cuda) : nil
    try validationData?.shard(world.rank, of: world.size)
    if options.validation.enabled {
      try options.validation.refuseTileLargerThanImages(
        dataset.samples(of: .val), scale: options.augmentation.scale, orientation: options.data.exifOrientation,
        option: "validation.tile")
    }
    stepsPerEpoch = try trainingData.batchesPerEpoch() / options.accumulation
    try refuseEmptyEpochs(stepsPerEpoch, images: trainingData.sampleCount, options)
    if ownObjective == nil { try options.objective.validate(scores: scores) }
    let weighting = ownObjective == nil ? options.objective.classWeights : nil
    let classWeights = try world.inTurn {
      try weighting?.weights(
        of: ClassStatistics.ofTraining(dataset, options: settled.data).weights, classes: classNames.count)
    }
    let teacher = try options.distillation.teacher.map { name in
      try Teacher(
        name: name, checkpoint: world.inTurn { try Teacher.find(settled.distillation.checkpoint ?? "") },
        classNames: classNames, scores: scores, mean: options.augmentation.mean, std: options.augmentation.std,
        pixelType: options.data.pixelType, device: device, precision: options.amp.mixed)
    }

    if start == .rehearsal || !world.isFirst {
      folder = .unopened(URL(filePath: options.output))
    } else {
      (folder, lock) = try RunFolder.take(URL(filePath: options.output), mode: start == .resumed ? .resumed : .new)
    }
    log = try world.isFirst ? makeLog(folder.log) : RunLog(output: { _ in })
    metrics = MetricsLog(folder.metrics)
    model = try explainingExhaustion(options) {
      try catchingTorchErrors {
        try
          (own
          ?? settled.model.makeModel(
            classes: scores, imageChannels: settled.data.channels)).to(device)
      }
    }
    model.hasSingleScore = options.model.singleScore
    snapshot = StepSnapshot(of: model, device: device)
    objective =
      ownObjective ?? options.objective.makeObjective(for: model, device: device, classWeights: classWeights)
    let student = model
    distillation = try teacher.map {
      try Distillation(options.distillation, teacher: $0, student: student, scores: scores, device: device)
    }
    schedule = options.schedule.schedule(
      learningRate: options.optimizer.learningRate(imagesPerStep: options.imagesPerStep), epochs: options.epochs,
      stepsPerEpoch: stepsPerEpoch)
    var trained = try TrainedParameters(
      of: model, network: model.name, options: options.optimizer, frozen: options.model.frozen)
    if let adapter = distillation?.adapter {
      trained.add(adapter, prefix: "distillation.adapter", weightDecay: options.optimizer.weightDecay)
    }
    self.trained = trained
    optimizer = options.optimizer.makeOptimizer(
      trained.parameterGroups(learningRate: schedule.learningRate, momentum: options.optimizer.momentum))
    scaler = GradientScaler(enabled: options.amp == .float16)
    average = options.averaging.enabled ? ParameterAverage(of: model) : nil
    freeze()
    if world.isFirst {
      switch start {
      case .new: try begin()
      case .resumed: try restore()
      case .rehearsal: try initialize()
      }
    }
    try takeStateFromFirst()
    synchronizer = try world.group.map { group in
      if synchronizesNorms { model.visit { ($1 as? BatchNorm2d)?.group = group } }
      return try GradientSynchronizer(
        optimizer.groups.flatMap(\.parameters), group: group, bucketBytes: Self.bucketBytes, findsUnusedParameters: true
      )
    }
    if !options.validation.enabled { isValidationPending = false }  // resumed with another choice
    observers = trackers?.observers ?? []
  }

  /// Trains to the last epoch, or until interrupted or stopped by `stopping`.
  @discardableResult
  public func run() throws -> TrainingSummary {
    defer { lock = nil }
    if !world.isFirst { observers = [] }
    do {
      describe()
      for observer in observers { try observer.runBegan(self) }
      let summary = try notingTheEnd { try explainingPeerFailure(train) }
      for observer in observers { try observer.runEnded(summary, self) }
      return summary
    } catch {
      for observer in observers { observer.runFailed(error, self) }
      throw error
    }
  }

  /// Ends the run after the validation that is under way, as if its time were over: it is saved and can go on.
  /// - Parameter reason: A line for the log.
  public func requestStop(_ reason: String) { requestedStop = reason }

  private func train() throws -> TrainingSummary {
    while epoch < options.epochs || isValidationPending {
      if !isValidationPending {
        if let reason = try world.lineOfFirst({ reasonToStop }) { return try stopped(reason) }
        guard try trainEpoch() else { return try interrupted() }
        isValidationPending = options.validation.isDue(after: epoch, of: options.epochs)
      }
      if isValidationPending {
        switch try validation() {
        case .interrupted: return try interrupted()
        case .notCounted: break
        case .scored(let report):
          try keepIfBest(report)
          if world.isFirst { patience.note(bestScore, by: options.stopping.minimumImprovement) }
          let row = MetricsRow(epoch: epoch, step: step, report: report)
          for observer in observers { try observer.validationEnded(row, self) }
        }
        isValidationPending = false
      }
      if options.checkpoints.keepsLast { try saveCheckpoint(to: folder.lastCheckpoint) }
      try plotCurves()
    }
    try reportResult()
    return TrainingSummary(bestScore: bestScore, steps: step, wasInterrupted: false)
  }

  /// Runs what is left of an epoch; `false` when interrupted or out of time.
  private func trainEpoch() throws -> Bool {
    enterTraining()
    while stepInEpoch < stepsPerEpoch {
      try trainStep()
      if isAskedToStop { return false }
    }
    try skipToNextEpoch()
    try refuseIdleLastEpoch()
    try noteLeftOutFiles()
    let row = epochRow()
    try append(row)
    epoch += 1
    stepInEpoch = 0
    epochLoss = EpochLoss()
    for observer in observers { try observer.epochEnded(row, self) }
    return true
  }

  /// The data begins the next epoch; batches that do not fill a step are left out.
  private func skipToNextEpoch() throws {
    if try trainingData.batchesPerEpoch() == stepsPerEpoch * options.accumulation {
      _ = try trainingData.next()
    } else {
      trainingData.seek(to: LoaderPosition(epoch: epoch + 1))
    }
  }
}

func percent(_ share: Double?) -> String { share.map { String(format: "%.2f%%", $0 * 100) } ?? "-" }
