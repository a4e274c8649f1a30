import Torch

// Optimizer state in PyTorch's layout.

extension Optimizer {
  /// `{state: {number: {name: tensor}}, param_groups: [{..., params: [numbers]}]}`, as `torch.optim` saves it, with the
  /// parameters' names as `param_names`.
  /// - Parameter schedule: Options that PyTorch's schedulers keep in the groups, for each group's number.
  func pickled(schedule: (_ group: Int) -> [(name: String, value: Double)] = { _ in [] }) -> PickleValue {
    let states = state.keys.sorted().map { number in
      let tensors = state[number]!.sorted { $0.key < $1.key }
      return (
        key: PickleKey.int(number),
        value: PickleValue.dictionary(
          PickleDictionary(tensors.map { (key: PickleKey.string($0.key), value: PickleValue.tensor($0.value)) }))
      )
    }
    var first = 0
    let groups = groups.enumerated().map { number, group in
      var pairs = options(of: group).map { (key: PickleKey.string($0.name), value: $0.value.pickled) }
      pairs += schedule(number).map { (key: PickleKey.string($0.name), value: .double($0.value)) }
      if !group.names.isEmpty { pairs.append(("param_names", .list(group.names.map(PickleValue.string)))) }
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
    let places = try places(of: saved)
    var result: [Int: [String: Tensor]] = [:]
    for (key, value) in states.pairs {
      guard case .int(let saved) = key, let buffers = value.dictionary else {
        throw TrainingError("the optimizer's state is damaged: expected a dictionary for each parameter's number")
      }
      let number = places.map { $0[saved] ?? .max } ?? saved
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

  /// This optimizer's numbers of the parameters that were saved under other numbers; `nil` if the numbers are the same.
  private func places(of saved: PickleValue) throws -> [Int: Int]? {
    var numbers: [String: Int] = [:]
    for group in saved["param_groups"]?.elements ?? [] {
      guard let names = group["param_names"]?.elements, let params = group["params"]?.elements,
        names.count == params.count
      else { return nil }
      for (name, number) in zip(names, params) {
        guard let name = name.string, let number = number.int else { return nil }
        numbers[name] = number
      }
    }
    let own = groups.flatMap(\.names)
    guard own.count == groups.reduce(0, { $0 + $1.parameters.count }) else { return nil }
    guard numbers.count == own.count, own.allSatisfy({ numbers[$0] != nil }) else {
      throw TrainingError(
        "the optimizer's state is of other parameters: \(numbers.count) were trained, this run trains \(own.count); keep the "
          + "network, model.frozen and the distillation as they were")
    }
    if own.indices.allSatisfy({ numbers[own[$0]] == $0 }) { return nil }
    return Dictionary(uniqueKeysWithValues: own.enumerated().map { (numbers[$1]!, $0) })
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
