import Torch

// Optimizer state in PyTorch's layout.

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

  /// What `pickled` or PyTorch saved of each parameter; the options stay this run's.
  /// - Throws: `TrainingError` or `OptimizerStateError` for what does not belong to this optimizer.
  package func state(from saved: PickleValue) throws -> [Int: [String: Tensor]] {
    guard let states = saved["state"]?.dictionary else { throw TrainingError("it holds no state of the optimizer") }
    var result: [Int: [String: Tensor]] = [:]
    for (key, value) in states.pairs {
      guard case .int(let number) = key, let buffers = value.dictionary else {
        throw TrainingError("the optimizer's state is damaged: expected a dictionary for each parameter's number")
      }
      for (name, entry) in buffers.pairs {
        switch (name, entry) {
        case (.string(let name), .tensor(let tensor)): result[number, default: [:]][name] = tensor
        // Old versions of PyTorch count steps in a plain number.
        case (.string(let name), .int(let steps)): result[number, default: [:]][name] = Tensor([steps])
        // PyTorch's SGD without momentum.
        case (.string, .none): break
        default: throw TrainingError("the optimizer's state is damaged: parameter \(number) has \(entry.kind) in it")
        }
      }
    }
    return try fitted(result)
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
