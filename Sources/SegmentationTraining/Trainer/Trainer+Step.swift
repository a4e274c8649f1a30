import Basics
import SegmentationData
import SegmentationModels
import Torch

extension Trainer {
  /// The means of a step's batches.
  struct StepResult {
    var loss = 0.0
    var terms: [(name: String, value: Double)] = []
    var isFinite = true
    var files: [String] = []
    var dataTime = Duration.zero

    fileprivate mutating func add(_ batch: [(name: String, value: Double)], share: Double) {
      if terms.isEmpty { terms = batch.map { ($0.name, 0) } }
      for (index, term) in batch.enumerated() where index < terms.count { terms[index].value += term.value * share }
    }
  }

  /// One step of the run, and what it reports.
  func trainStep() throws {
    let start = ContinuousClock.now
    let result = try keepingStateIfPeersFail { try takeStep() }
    try watch(result)
    var progress = StepProgress(
      epoch: epoch + 1, epochs: options.epochs, step: stepInEpoch, stepsPerEpoch: stepsPerEpoch, loss: result.loss,
      learningRate: schedule.learningRate(at: step - 1), images: options.imagesPerStep,
      dataSeconds: result.dataTime.seconds, stepSeconds: (ContinuousClock.now - start).seconds)
    progress.lossParts = Dictionary(result.terms.map { ($0.name, $0.value) }, uniquingKeysWith: +)
    let memory = Libtorch.memory(of: device)
    progress.memory = device.kind == .cpu ? memory.current : memory.peak
    log.step(progress)
    for observer in observers { try observer.stepEnded(progress, self) }
  }

  /// One update of the weights, by the gradients of `accumulation` batches.
  /// - Parameter learningRate: In place of the schedule's.
  func takeStep(learningRate: Double? = nil) throws -> StepResult {
    try explainingExhaustion(options) {
      // All steps have images of one size, so that it pays to look for the fastest algorithms.
      try Libtorch.measuringConvolutions(device.kind == .cuda) {
        try catchingTorchErrors { try update(learningRate: learningRate) }
      }
    }
  }

  /// The next batch, of the next epoch if this one has no more.
  private func nextBatch() throws -> Batch {
    if let batch = try trainingData.next() { return batch }
    guard let batch = try trainingData.next() else { throw TrainingError("the training data has no batch") }
    return batch
  }

  private func update(learningRate: Double?) throws -> StepResult {
    if let learningRate { follow(learningRate: learningRate) } else { followSchedule(at: step) }
    seedStep()
    snapshot.take()
    isStepOpen = true
    var result = StepResult()
    let share = 1 / Double(options.accumulation)
    for number in 1...options.accumulation {
      let start = ContinuousClock.now
      let batch = try nextBatch()
      result.dataTime += ContinuousClock.now - start
      // A failure to reach other processes must not be followed by further waiting for them.
      let loss = try catchingTorchErrors { try SharedBatch.of(world) { self.loss(of: batch) } }
      let scaled = scaler.scaled(options.accumulation == 1 ? loss.total : loss.total * share)
      try synchronizer?.prepareForBackward(outputs: [scaled], synchronizing: number == options.accumulation)
      try catchingTorchErrors { scaled.backward() }
      let value = loss.total.item
      result.loss += value * share
      result.isFinite = result.isFinite && value.isFinite
      if loss.terms.count > 1 { result.add(loss.terms.map { ($0.name, $0.value.item) }, share: share) }
      result.files += batch.files
    }
    let gradients = optimizer.groups.flatMap(\.parameters).compactMap(\.grad)
    result.isFinite = scaler.unscale(gradients) && result.isFinite
    try agree(on: &result)
    isStepOpen = false
    if result.isFinite {
      clip(gradients)
      optimizer.step()
      average?.update(with: model, decay: options.averaging.decay(at: step + 1, of: schedule.totalSteps))
    } else {
      try snapshot.restore()
    }
    scaler.update(finite: result.isFinite)
    forgetGradients()
    step += 1
    stepInEpoch += 1
    return result
  }

  /// The loss of a batch, with its parts.
  private func loss(of batch: Batch) -> Loss {
    let images = batch.images.uploaded(to: device)
    let labels = batch.labels.uploaded(to: device)
    let output = autocast(options.amp.mixed, device: device) { model(images) }
    var loss = objective.loss(output: output, labels: labels)
    distillation?.add(to: &loss, images: images, output: output, labels: labels)
    return loss
  }

  /// Sets what the schedule says for a step.
  func followSchedule(at step: Int) {
    follow(learningRate: schedule.learningRate(at: step), momentum: schedule.momentum(at: step))
  }

  func follow(learningRate: Double, momentum: Double? = nil) {
    for (index, group) in trained.groups.enumerated() {
      optimizer.groups[index].learningRate = learningRate * group.learningRateFactor
      if let momentum { optimizer.groups[index].momentum = momentum }
    }
  }

  private func clip(_ gradients: [Tensor]) {
    guard let limit = options.optimizer.clipNorm else { return }
    let factor = limit / (totalNorm(gradients).item + 1e-6)
    if factor < 1 { gradients.forEach { $0.multiplyInPlace(factor) } }
  }

  /// Reports steps that were skipped, and gives up when they do not end.
  private func watch(_ result: StepResult) throws {
    if result.isFinite {
      skippedSteps = 0
      epochLoss.add(result.loss, terms: result.terms)
      return
    }
    skippedSteps += 1
    let files = try world.gather(result.files).flatMap { $0 }
    log.warn(
      "step \(step) is skipped: its loss (\(result.loss)) or gradients are not finite; images: "
        + files.joined(separator: ", "))
    if skippedSteps >= options.maximumSkippedSteps {
      throw TrainingError(
        "the loss or gradients were not finite in \(skippedSteps) steps in a row; \(placeOfGoodState); \(Self.remedy)")
    }
  }

  // MARK: - Parts that do not train

  /// Marks the parameters that keep their values.
  func freeze() {
    let groups = Set(trained.groups.flatMap(\.parameters).map(\.tensor.identity))
    for parameter in model.parameters where !groups.contains(parameter.identity) { parameter.requiresGrad = false }
  }

  /// Puts the network into training mode, but for batch normalizations whose statistics are frozen.
  func enterTraining() {
    model.train()
    guard !options.model.frozenStatistics.isEmpty else { return }
    model.visit { name, module in
      if module is BatchNorm2d, options.model.frozenStatistics.contains(where: { $0.matches(name) }) {
        module.train(false)
      }
    }
  }
}
