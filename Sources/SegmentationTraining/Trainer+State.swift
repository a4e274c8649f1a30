import Files
import Foundation
import SegmentationData
import SegmentationModels
import Torch

extension Trainer {
  /// Writes the options, the manifest and the first checkpoint of a new run.
  func begin() throws {
    let splits: [Split] = options.validation.enabled ? [.train, .val] : [.train]
    let shared = try dataset.sharedFiles(between: splits)
    if !shared.isEmpty, !options.data.allowSharedFiles {
      let list = shared.prefix(3).map { $0.files.joined(separator: " = ") }.joined(separator: "; ")
      throw TrainingError(
        "\(shared.count) images are in both train and val, so that scores would mean nothing: \(list)"
          + "\(shared.count > 3 ? "; ..." : ""); remove them, or set data.allow_shared_files")
    }
    let yaml = ConfigurationLoader(defaults: TrainingOptions()).yaml(options)
    try AtomicFile.write(Data(yaml.utf8), to: folder.configuration)
    let manifest = RunManifest(
      programVersion: rtsegVersion, libtorchVersion: Libtorch.version, seed: options.seed,
      optionsHash: Data(yaml.utf8).withUnsafeBytes(ContentHash.hex(of:)),
      dataHash: try dataset.fingerprint(of: splits), threads: Libtorch.threads)
    try AtomicFile.write(manifest.json(), to: folder.manifest)
    if let initial = options.model.initial { try initialize(from: initial) }
    if let weights = options.model.backboneWeights { try initializeBackbone(from: weights) }
    try average?.load(model.stateDictionary)
    if options.validation.enabled { try describeValidation() }
    try saveCheckpoint(to: folder.lastCheckpoint)
  }

  /// What the checkpoints say of the network.
  var card: ModelCard {
    ModelCard(
      model: architecture.name, classes: dataset.labels.names,
      colors: dataset.labels.classes.map { [$0.color.red, $0.color.green, $0.color.blue] },
      mean: options.augmentation.mean, std: options.augmentation.std)
  }

  /// Copies the weights of another checkpoint that fit by name and shape, and says what did not.
  private func initialize(from path: String) throws {
    let weights = try Checkpoint.readWeights(from: URL(filePath: path), for: model)
    let mismatch = try model.load(weights.state, strict: false)
    let loaded = model.namedState.count - mismatch.missing.count - mismatch.misshapen.count
    log.message("\(path): \(loaded) of \(model.namedState.count) tensors loaded\(weights.origin)")
    let lines =
      mismatch.misshapen.map { "  other shape  \($0.name): \($0.found), here \($0.expected)" }
      + mismatch.missing.map { "  not in it    \($0)" }
      + mismatch.unexpected.map { "  not used     \($0.printable(limit: 200))" }
    for line in lines.prefix(Self.longestList) { log.message(line) }
    if lines.count > Self.longestList { log.message("  ... \(lines.count - Self.longestList) more") }
    if loaded == 0 { throw TrainingError("\(path): none of its tensors fits \(architecture.name)") }
  }

  private static let longestList = 500

  /// Copies published weights into the backbone or encoder, and says what of them was not used.
  private func initializeBackbone(from location: String) throws {
    guard let backbone = model.pretrainable else { return }
    let weights = try PretrainedWeights(log: log).read(location, for: backbone)
    let module = "the \(model is EncoderDecoder ? "encoder" : "backbone") of \(architecture.name)"
    let report = try backbone.loadPretrained(
      weights.state, names: backbone.pretrainedNames, file: location, module: module)
    report.lines(file: location + weights.origin, module: module).prefix(Self.longestList).forEach(log.message)
  }

  /// Saves all that resumption takes.
  /// - Throws: `TrainingError` if a number in it is not finite; then the file that was there stays.
  func saveCheckpoint(to url: URL) throws {
    try refuseStateThatIsNotFinite()
    var checkpoint = TrainingCheckpoint(model: model.stateDictionary, card: card)
    checkpoint.epoch = epoch
    checkpoint.stepInEpoch = stepInEpoch
    checkpoint.step = step
    checkpoint.bestScore = bestScore
    checkpoint.epochLoss = epochLoss
    checkpoint.isValidationPending = isValidationPending
    checkpoint.optimizer = optimizer.pickled
    checkpoint.scheduler = [
      "last_epoch": .int(step), "_step_count": .int(step + 1), "total_steps": .int(schedule.totalSteps),
      "_last_lr": .list([.double(schedule.learningRate(at: step))]),
    ]
    checkpoint.average = average?.state
    checkpoint.scaler = scaler.isEnabled ? (scaler.scale, scaler.goodSteps) : nil
    checkpoint.randomStates = [Libtorch.randomState()]
    if device.kind != .cpu { checkpoint.randomStates.append(Libtorch.randomState(of: device)) }
    try checkpoint.write(to: url)
  }

  /// Takes up the run whose `last.pth` is in the folder. All of the file is checked before anything changes.
  func restore() throws {
    let file = folder.lastCheckpoint
    let checkpoint = try TrainingCheckpoint(contentsOf: file)
    try refuseFewerEpochs(than: checkpoint)
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
      try refuseOtherRandomStates(checkpoint.randomStates)
    } catch {
      throw TrainingError("\(file.relativePath): \(error)")
    }
    try model.load(checkpoint.model)
    optimizer.state = optimizerState
    if let average, let saved = checkpoint.average { try average.load(saved) }
    epoch = checkpoint.epoch
    stepInEpoch = checkpoint.stepInEpoch
    step = checkpoint.step
    bestScore = checkpoint.bestScore
    epochLoss = checkpoint.epochLoss
    isValidationPending = checkpoint.isValidationPending
    if step > 0 { followSchedule(at: step - 1) }
    if let state = checkpoint.scaler { scaler.restore(scale: state.scale, goodSteps: state.goodSteps) }
    for (device, state) in zip(randomDevices, checkpoint.randomStates) {
      try Libtorch.setRandomState(state, of: device)
    }
    trainingData.seek(to: LoaderPosition(epoch: epoch, batch: stepInEpoch))
    try metrics.truncate(afterStep: step)
    leftOut = Set(readManifest()?.leftOut ?? [])
    log.message("resuming after epoch \(epoch), step \(stepInEpoch)/\(stepsPerEpoch)")
  }

  /// The devices whose random generators a checkpoint keeps, in its order.
  private var randomDevices: [Device] { device.kind == .cpu ? [.cpu] : [.cpu, device] }

  private func refusePlaceOutsideTheRun(_ checkpoint: TrainingCheckpoint) throws {
    guard checkpoint.stepInEpoch <= stepsPerEpoch,
      checkpoint.step == checkpoint.epoch * stepsPerEpoch + checkpoint.stepInEpoch
    else {
      throw TrainingError(
        "its \(checkpoint.step) steps in \(checkpoint.epoch) epochs do not fit this run's epochs of \(stepsPerEpoch) steps; "
          + "keep the data and batch_size as they were")
    }
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

extension StateDictionary {
  /// The entries that a network without training heads has.
  func without(trainingHeadsOf model: SegmentationModel) -> StateDictionary {
    let names = Set(model.namedState.map(\.name))
    return renamed { names.contains($0) ? $0 : nil }
  }
}

/// The device that an option names.
/// - Throws: `TrainingError` where this machine or this libtorch does not have it.
public func chooseDevice(_ name: String) throws -> Device {
  try Libtorch.loadAccelerators()
  let devices = Libtorch.devices
  if name == "auto" { return devices.dropFirst().first ?? .cpu }
  guard let device = Device(name), device.kind != .meta else {
    throw TrainingError("device: expected auto, cpu, cuda, cuda:N or mps, found \(name)")
  }
  let isThere = devices.contains { $0.kind == device.kind && (device.index == nil || $0.index == device.index) }
  guard isThere else {
    throw TrainingError("device \(name) is not there; found: \(devices.map(\.description).joined(separator: ", "))")
  }
  return device.kind == .cuda && device.index == nil ? .cuda(0) : device
}
