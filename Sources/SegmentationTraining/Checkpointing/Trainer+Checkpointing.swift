import Files
import Foundation
import SegmentationData
import SegmentationModels
import Torch

/// Saves a run and takes it up again.
extension Trainer {
  /// The description of the network in the checkpoints.
  var card: ModelCard {
    ModelCard(
      model: model.name, classes: dataset.labels.names,
      colors: dataset.labels.classes.map { [$0.color.red, $0.color.green, $0.color.blue] },
      mean: options.augmentation.mean, std: options.augmentation.std, singleScore: options.model.singleScore,
      pixelType: options.data.pixelType)
  }

  /// Saves all that resumption takes.
  /// - Throws: `TrainingError` if a number in it is not finite; then the file that was there stays.
  func saveCheckpoint(to url: URL) throws {
    guard world.isFirst else { return }
    try refuseStateThatIsNotFinite()
    try makeCheckpoint().write(to: url)
  }

  /// All that resumption takes.
  func makeCheckpoint() -> TrainingCheckpoint {
    var checkpoint = TrainingCheckpoint(model: model.stateDictionary, card: card)
    checkpoint.epoch = epoch
    checkpoint.stepInEpoch = stepInEpoch
    checkpoint.step = step
    checkpoint.bestScore = bestScore
    checkpoint.epochLoss = epochLoss
    checkpoint.isValidationPending = isValidationPending
    checkpoint.patience = patience
    checkpoint.monitor = options.validation.monitor
    // Not otherwise, so that checkpoints of the same run are the same byte for byte.
    checkpoint.hours = options.stopping.hours == nil ? 0 : hours
    checkpoint.adapter = distillation?.adapter?.stateDictionary
    checkpoint.optimizer = optimizer.pickled {
      schedule.groupOptions(learningRateFactor: trained.groups[$0].learningRateFactor)
    }
    checkpoint.scheduler = schedule.pickled(at: step)
    checkpoint.average = average?.state
    checkpoint.scaler = scaler.isEnabled ? (scaler.scale, scaler.goodSteps) : nil
    checkpoint.randomStates = [Libtorch.randomState()]
    if device.kind != .cpu { checkpoint.randomStates.append(Libtorch.randomState(of: device)) }
    return checkpoint
  }

  /// Takes up the run whose `last.pth` is in the folder. All of the file is checked before anything changes.
  func restore() throws {
    let file = folder.lastCheckpoint
    let checkpoint = try TrainingCheckpoint(contentsOf: file)
    try refuseFewerEpochs(than: checkpoint)
    try takeUp(checkpoint, of: file)
    try metrics.truncate(afterStep: step)
    leftOut = Set(readManifest()?.leftOut ?? [])
    log.message("resuming after epoch \(epoch), step \(stepInEpoch)/\(stepsPerEpoch)")
  }

  /// Continues with a checkpoint, which is checked first.
  func takeUp(_ checkpoint: TrainingCheckpoint, of file: URL) throws {
    let optimizerState: [Int: [String: Tensor]]
    do {
      try refusePlaceOutsideTheRun(checkpoint)
      let mismatch = checkpoint.model.mismatch(with: model.namedState)
      if !mismatch.isEmpty { throw mismatch }
      if let classes = checkpoint.card?.classes, classes != dataset.labels.names {
        throw TrainingError(
          "it is of the classes \(Self.list(classes)), the data has \(Self.list(dataset.labels.names)); "
            + "keep data.dataset as it was")
      }
      optimizerState = try optimizer.state(from: checkpoint.optimizer)
      if average != nil, checkpoint.average == nil {
        throw TrainingError("it holds no averaged weights, which averaging.enabled asks for")
      }
      if let average, let saved = checkpoint.average {
        let mismatch = saved.mismatch(with: average.state.entries)
        if !mismatch.isEmpty { throw TrainingError("of the averaged weights: \(mismatch)") }
      }
      if scaler.isEnabled, checkpoint.scaler.map({ $0.goodSteps < scaler.growthInterval }) != true {
        throw TrainingError("it holds no state of the gradients' scale, which amp: float16 needs; keep amp as it was")
      }
      try refuseOtherAdapter(checkpoint.adapter)
      if options.validation.enabled, checkpoint.monitor != options.validation.monitor {
        throw TrainingError(
          "its best checkpoint is chosen by \(checkpoint.monitor.printable(limit: 40)), this run asks for "
            + "\(options.validation.monitor); keep validation.monitor as it was")
      }
      try refuseOtherRandomStates(checkpoint.randomStates)
    } catch {
      throw TrainingError("\(file.relativePath): \(error)")
    }
    try model.load(checkpoint.model)
    optimizer.state = optimizerState
    if let adapter = distillation?.adapter, let saved = checkpoint.adapter { try adapter.load(saved) }
    if let average, let saved = checkpoint.average { try average.load(saved) }
    epoch = checkpoint.epoch
    stepInEpoch = checkpoint.stepInEpoch
    step = checkpoint.step
    bestScore = checkpoint.bestScore
    epochLoss = checkpoint.epochLoss
    patience = checkpoint.patience
    earlierHours = checkpoint.hours
    isValidationPending = checkpoint.isValidationPending
    if step > 0 { followSchedule(at: step - 1) }
    if let state = checkpoint.scaler { scaler.restore(scale: state.scale, goodSteps: state.goodSteps) }
    for (device, state) in zip(randomDevices, checkpoint.randomStates) {
      try Libtorch.setRandomState(state, of: device)
    }
    trainingData.seek(to: LoaderPosition(epoch: epoch, batch: stepInEpoch * options.accumulation))
  }

  /// The devices whose random generators a checkpoint keeps, in its order.
  private var randomDevices: [Device] { device.kind == .cpu ? [.cpu] : [.cpu, device] }

  private func refusePlaceOutsideTheRun(_ checkpoint: TrainingCheckpoint) throws {
    guard checkpoint.stepInEpoch <= stepsPerEpoch,
      checkpoint.step == checkpoint.epoch * stepsPerEpoch + checkpoint.stepInEpoch
    else {
      throw TrainingError(
        "its \(checkpoint.step) steps in \(checkpoint.epoch) epochs do not fit this run's epochs of \(stepsPerEpoch) steps; "
          + "keep the data, batch_size and accumulation as they were")
    }
  }

  private func refuseOtherAdapter(_ saved: StateDictionary?) throws {
    guard let adapter = distillation?.adapter else { return }
    guard let saved else {
      throw TrainingError(
        "it holds no layer for distillation.compare: \(options.distillation.compare.rawValue); keep the distillation as it "
          + "was")
    }
    let mismatch = saved.mismatch(with: adapter.namedState)
    if !mismatch.isEmpty { throw TrainingError("of the distillation's layers: \(mismatch)") }
  }

  private func refuseOtherRandomStates(_ states: [Tensor]) throws {
    guard states.count == randomDevices.count else {
      throw TrainingError(
        "it is of a run on \(states.count == 1 ? "the CPU" : "an accelerator"), this run is on \(device): the random "
          + "numbers would be others; resume with the device as it was, or start a new run with --init")
    }
    for (device, state) in zip(randomDevices, states) {
      do { try Libtorch.checkRandomState(state, of: device) } catch {
        throw TrainingError("the state of the random numbers in it is damaged: \(error)")
      }
    }
  }

  private static func list(_ names: [String]) -> String {
    names.prefix(4).joined(separator: ", ") + (names.count > 4 ? ", ... (\(names.count))" : "")
  }
}
