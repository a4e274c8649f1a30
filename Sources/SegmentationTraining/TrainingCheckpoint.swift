import Foundation
import SegmentationModels
import Torch

/// All that a run needs to go on as if it had not stopped, in a file that PyTorch reads.
///
/// The layout is the PyTorch reference's (`cur_epoch`, `best_score`, `state_dict`, `optimizer`, `scheduler`); what exact
/// resumption takes beyond that is under `rtseg`.
struct TrainingCheckpoint {
  /// Epochs done.
  var epoch = 0
  /// Steps done of the epoch after those.
  var stepInEpoch = 0
  /// Steps done in all.
  var step = 0
  var bestScore = 0.0
  var model: StateDictionary
  /// What the network is; of a checkpoint that was read, as it was written.
  var card: ModelCard?
  var optimizer: PickleValue = .none
  var scheduler: PickleValue = .none
  var average: StateDictionary?
  var scaler: (scale: Double, goodSteps: Int)?
  var randomStates: [Tensor] = []
  /// Whether the last whole epoch is still to be validated.
  var isValidationPending = false
  /// Sum and number of the epoch's losses so far.
  var epochLoss = (sum: 0.0, count: 0)

  /// A checkpoint of the weights alone counts as one epoch's end: `best.pth`.
  func write(to url: URL) throws {
    let extra: PickleValue = [
      "version": 1, "epoch": .int(epoch), "step": .int(step), "step_in_epoch": .int(stepInEpoch),
      "validation_pending": .bool(isValidationPending),
      "loss_sum": .double(epochLoss.sum),
      "loss_count": .int(epochLoss.count),
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
  init(contentsOf url: URL) throws {
    let content = try Checkpoint.read(from: url)
    guard let extra = content["rtseg"], let epoch = extra["epoch"]?.int, let step = extra["step"]?.int,
      let stepInEpoch = extra["step_in_epoch"]?.int
    else {
      throw TrainingError(
        "\(url.relativePath): holds no training state of rtseg to resume from; start from its weights with --init")
    }
    model = try Checkpoint.state(in: content, file: url.relativePath)
    card = ModelCard(checkpoint: content)
    self.epoch = epoch
    self.step = step
    self.stepInEpoch = stepInEpoch
    bestScore = content["best_score"]?.double ?? 0
    optimizer = content["optimizer"] ?? .none
    scheduler = content["scheduler"] ?? .none
    isValidationPending = extra["validation_pending"]?.bool ?? false
    epochLoss = (extra["loss_sum"]?.double ?? 0, extra["loss_count"]?.int ?? 0)
    average = extra["average"]?.dictionary.map { dictionary in
      StateDictionary(dictionary.pairs.compactMap { pair in pair.value.tensor.map { (pair.key.text, $0) } })
    }
    if let scaler = extra["scaler"], let scale = scaler["scale"]?.double, let steps = scaler["good_steps"]?.int {
      self.scaler = (scale, steps)
    }
    randomStates = extra["random_states"]?.elements?.compactMap(\.tensor) ?? []
  }

  init(model: StateDictionary, card: ModelCard) {
    self.model = model
    self.card = card
  }
}

// MARK: - Optimizer state in PyTorch's layout

extension Optimizer {
  /// `{state: {number: {name: tensor}}, param_groups: [{..., params: [numbers]}]}`, as `torch.optim` saves it.
  var pickled: PickleValue {
    let states = state.keys.sorted().map { number in
      let tensors = state[number]!.sorted { $0.key < $1.key }
      return (
        key: PickleKey.int(number),
        value: PickleValue.dictionary(
          PickleDictionary(tensors.map { (key: PickleKey.string($0.key), value: PickleValue.tensor($0.value)) }))
      )
    }
    var first = 0
    let groups = groups.map { group in
      var pairs = options(of: group).map { (key: PickleKey.string($0.name), value: $0.value.pickled) }
      pairs.append(("params", .list((first..<first + group.parameters.count).map(PickleValue.int))))
      first += group.parameters.count
      return PickleValue.dictionary(PickleDictionary(pairs))
    }
    return ["state": .dictionary(PickleDictionary(states)), "param_groups": .list(groups)]
  }

  /// Takes over what `pickled` or PyTorch saved of each parameter; the options stay this run's.
  func restore(_ saved: PickleValue) throws {
    guard let states = saved["state"]?.dictionary else { throw TrainingError("the checkpoint has no optimizer state") }
    let parameters = groups.flatMap(\.parameters)
    var restored: [Int: [String: Tensor]] = [:]
    for (key, value) in states.pairs {
      guard case .int(let number) = key, parameters.indices.contains(number) else {
        throw TrainingError("the optimizer's state is of another network: it has no parameter \(key.text)")
      }
      for (name, entry) in value.dictionary?.pairs ?? [] {
        guard let tensor = entry.tensor else { continue }
        let parameter = parameters[number]
        guard tensor.count == 1 || tensor.shape == parameter.shape else {
          throw TrainingError("the optimizer's state is of another network: \(name.text) of parameter \(number)")
        }
        restored[number, default: [:]][name.text] = tensor.to(device: parameter.device, copy: true)
      }
    }
    state = restored
  }
}

extension OptimizerOption {
  fileprivate var pickled: PickleValue {
    switch self {
    case .number(let value): .double(value)
    case .numbers(let values): .tuple(values.map(PickleValue.double))
    case .flag(let value): .bool(value)
    case .none: .none
    }
  }
}
