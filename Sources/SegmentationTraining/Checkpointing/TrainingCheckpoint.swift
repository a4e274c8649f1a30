import Foundation
import SegmentationModels
import Torch

/// All that a run needs to go on as if it had not stopped, in a file that PyTorch reads.
///
/// The layout is the PyTorch reference's (`cur_epoch`, `best_score`, `state_dict`, `optimizer`, `scheduler`); what exact
/// resumption takes beyond that is under `rtseg`.
package struct TrainingCheckpoint {
  /// Epochs done.
  var epoch = 0
  /// Steps done of the epoch after those.
  var stepInEpoch = 0
  /// Steps done in all.
  var step = 0
  var bestScore = 0.0
  package var model: StateDictionary
  /// The description of the network; if the checkpoint was read, the one that it holds.
  var card: ModelCard?
  package var optimizer: PickleValue = .none
  /// The schedule's state, which only PyTorch reads; here the number of the step is enough.
  var scheduler: PickleValue = .none
  var average: StateDictionary?
  var scaler: (scale: Double, goodSteps: Int)?
  /// The states of the random generators of the CPU and, if the device is another one, of the device.
  package var randomStates: [Tensor] = []
  /// Whether the last whole epoch is still to be validated.
  var isValidationPending = false
  /// The epoch's losses so far.
  var epochLoss = EpochLoss()
  var patience = Patience()
  /// The score that `bestScore` is of.
  var monitor = "mean_iou"
  /// Hours of training in all.
  var hours = 0.0
  /// The layers that distillation trains beside the network.
  var adapter: StateDictionary?

  /// A checkpoint of the weights alone counts as one epoch's end: `best.pth`.
  func write(to url: URL) throws {
    let extra: PickleValue = [
      "version": 1, "epoch": .int(epoch), "step": .int(step), "step_in_epoch": .int(stepInEpoch),
      "validation_pending": .bool(isValidationPending),
      "loss_sum": .double(epochLoss.sum),
      "loss_count": .int(epochLoss.count),
      "loss_terms": .dictionary(
        PickleDictionary(epochLoss.terms.sorted { $0.key < $1.key }.map { (.string($0.key), .double($0.value)) })),
      "patience": [
        "score": patience.reference.map(PickleValue.double) ?? .none, "validations": .int(patience.validations),
      ],
      "monitor": .string(monitor), "hours": .double(hours),
      "adapter": adapter.map { PickleValue($0) } ?? .none,
      "random_states": .list(randomStates.map(PickleValue.tensor)),
      "average": average.map { PickleValue($0) } ?? .none,
      "scaler": scaler.map { ["scale": .double($0.scale), "good_steps": .int($0.goodSteps)] } ?? .none,
      "card": card.map { .string($0.json) } ?? .none,
    ]
    let content: PickleValue = [
      "cur_epoch": .int(max(0, stepInEpoch > 0 ? epoch : epoch - 1)), "best_score": .double(bestScore),
      "state_dict": PickleValue(model), "optimizer": optimizer, "scheduler": scheduler, "rtseg": extra,
    ]
    try Checkpoint.write(content, to: url)
  }

  /// Reads what `write` wrote.
  ///
  /// Each value is checked by itself and against the others; whether all belongs to a run, the run checks.
  /// - Throws: `FileError`, `CheckpointError` or `TrainingError`.
  package init(contentsOf url: URL) throws {
    let file = url.relativePath
    let content = try Checkpoint.read(from: url)
    guard let extra = content["rtseg"], extra["epoch"] != nil else {
      throw TrainingError(
        "\(file): holds no training state of rtseg to resume from; start from its weights with --init")
    }
    let whole = CheckpointFields(values: content, file: file, path: "checkpoint")
    let fields = CheckpointFields(values: extra, file: file, path: "rtseg")
    guard try fields.integer("version", in: 1...Int.max) == 1 else {
      throw TrainingError("\(file): was written by a newer rtseg; resume with that one")
    }
    let counts = 0...Int(Int32.max)
    epoch = try fields.integer("epoch", in: counts)
    stepInEpoch = try fields.integer("step_in_epoch", in: counts)
    step = try fields.integer("step", in: stepInEpoch...Int.max)
    bestScore = try whole.number("best_score", in: 0...1)
    isValidationPending = try fields.flag("validation_pending")
    guard !isValidationPending || (epoch > 0 && stepInEpoch == 0) else {
      throw fields.refuse("validation_pending", expected: "false within an epoch", found: true)
    }
    epochLoss.count = try fields.integer("loss_count", in: 0...stepInEpoch)
    epochLoss.sum = try fields.number("loss_sum", in: -1e300...1e300)
    guard let weights = try whole.state("state_dict") else {
      throw whole.refuse("state_dict", expected: "tensors by name", found: PickleValue.none)
    }
    model = weights
    average = try fields.state("average")
    do { card = try ModelCard(checkpoint: content) } catch { throw TrainingError("\(file): \(error)") }
    optimizer = content["optimizer"] ?? .none
    scheduler = content["scheduler"] ?? .none
    if let saved = extra["scaler"], saved.dictionary != nil {
      let scaler = CheckpointFields(values: saved, file: file, path: "rtseg / scaler")
      self.scaler = (
        try scaler.number("scale", in: 1...Double(Float.greatestFiniteMagnitude)),
        try scaler.integer("good_steps", in: counts)
      )
    }
    guard let states = extra["random_states"]?.elements, (1...2).contains(states.count),
      case let tensors = states.compactMap(\.tensor), tensors.count == states.count
    else {
      throw fields.refuse(
        "random_states", expected: "the states of the random generators", found: extra["random_states"])
    }
    randomStates = tensors
    try readLaterFields(extra, fields, file: file)
  }

  /// Reads the fields that files of earlier versions do not have.
  private mutating func readLaterFields(_ extra: PickleValue, _ fields: CheckpointFields, file: String) throws {
    if let saved = extra["monitor"] {
      guard let name = saved.string else { throw fields.refuse("monitor", expected: "a score's name", found: saved) }
      monitor = name
    }
    if extra["hours"] != nil { hours = try fields.number("hours", in: 0...1e9) }
    if extra["adapter"] != nil { adapter = try fields.state("adapter") }
    if let saved = extra["patience"] {
      let patience = CheckpointFields(values: saved, file: file, path: "rtseg / patience")
      self.patience.validations = try patience.integer("validations", in: 0...Int(Int32.max))
      if case .none? = saved["score"] {
      } else {
        self.patience.reference = try patience.number("score", in: -1e300...1e300)
      }
    }
    if let saved = extra["loss_terms"] {
      guard let pairs = saved.dictionary?.pairs, pairs.count <= 100 else {
        throw fields.refuse("loss_terms", expected: "numbers by name", found: saved)
      }
      let terms = CheckpointFields(values: saved, file: file, path: "rtseg / loss_terms")
      for (key, _) in pairs { epochLoss.terms[key.text] = try terms.number(key.text, in: -1e300...1e300) }
    }
  }

  init(model: StateDictionary, card: ModelCard) {
    self.model = model
    self.card = card
  }
}
