/// Named tensors in order: the content of a checkpoint as far as a network is concerned.
public struct StateDictionary: ExpressibleByDictionaryLiteral {
  /// The names, in order.
  public private(set) var keys: [String] = []
  private var tensors: [String: Tensor] = [:]

  /// Makes a dictionary without tensors.
  public init() {}

  /// Makes a dictionary of names and tensors, in their order. If a name comes twice, the later tensor counts.
  public init(_ entries: some Sequence<(name: String, tensor: Tensor)>) {
    for (name, tensor) in entries { self[name] = tensor }
  }

  /// Makes a dictionary of names and tensors, in their order.
  public init(dictionaryLiteral elements: (String, Tensor)...) {
    for (name, tensor) in elements { self[name] = tensor }
  }

  /// The number of tensors.
  public var count: Int { keys.count }
  /// The names with their tensors, in order.
  public var entries: [(name: String, tensor: Tensor)] { keys.map { ($0, tensors[$0]!) } }

  /// The tensor of a name. A new name goes to the end, and `nil` removes one.
  public subscript(name: String) -> Tensor? {
    get { tensors[name] }
    set {
      if tensors.updateOrRemove(newValue, forKey: name) == nil, newValue != nil {
        keys.append(name)
      } else if newValue == nil {
        keys.removeAll { $0 == name }
      }
    }
  }

  /// The entries with another spelling of their names; those mapped to `nil` are left out.
  public func renamed(_ transform: (String) -> String?) -> StateDictionary {
    StateDictionary(entries.compactMap { entry in transform(entry.name).map { ($0, entry.tensor) } })
  }
}

extension Dictionary {
  fileprivate mutating func updateOrRemove(_ value: Value?, forKey key: Key) -> Value? {
    if let value { updateValue(value, forKey: key) } else { removeValue(forKey: key) }
  }
}

extension Module {
  /// A copy of all parameters and buffers, in PyTorch's order.
  public var stateDictionary: StateDictionary {
    StateDictionary(namedState.map { ($0.name, $0.tensor.detached().clone()) })
  }

  /// Copies values from `state` by name.
  ///
  /// Strict loading writes nothing unless all names and shapes fit. Otherwise, every tensor that fits is written, and
  /// the differences are returned. Counters of batches (`num_batches_tracked`), which older states do not have, then
  /// begin at 0.
  /// - Throws: `StateMismatch`, which lists all that does not fit.
  @discardableResult
  public func load(_ state: StateDictionary, strict: Bool = true) throws -> StateMismatch {
    let (fitting, mismatch) = match(state)
    if strict, !mismatch.isEmpty { throw mismatch }
    withoutGradients {
      for (tensor, source) in fitting { tensor.copyInPlace(source) }
    }
    return mismatch
  }

  /// Takes the tensors of `state` as they are, without a copy: for evaluation alone. Parameters then need no gradients and
  /// lie in the state's memory; those of another element type, device or memory order are copied.
  ///
  /// Nothing is changed unless names and shapes all fit.
  /// - Throws: `StateMismatch`, which lists all that does not fit.
  public func share(_ state: StateDictionary) throws {
    let (fitting, mismatch) = match(state)
    if !mismatch.isEmpty { throw mismatch }
    withoutGradients {
      for (tensor, source) in fitting {
        if source.dtype == tensor.dtype, source.device == tensor.device, source.isContiguous() {
          tensor.exchange(with: source.detached())
        } else {
          tensor.copyInPlace(source)
        }
      }
    }
  }

  /// The module's tensors with those of `state` that fit them.
  private func match(_ state: StateDictionary) -> (fitting: [(Tensor, Tensor)], mismatch: StateMismatch) {
    let own = namedState
    var mismatch = StateMismatch()
    var fitting: [(Tensor, Tensor)] = []
    for (name, tensor) in own {
      if let source = state[name] {
        if source.shape == tensor.shape {
          fitting.append((tensor, source))
        } else {
          mismatch.misshapen.append(.init(name: name, expected: tensor.shape, found: source.shape))
        }
      } else if isBatchCounter(name) {
        fitting.append((tensor, .zeros(tensor.shape, dtype: tensor.dtype, device: tensor.device)))
      } else {
        mismatch.missing.append(name)
      }
    }
    let names = Set(own.map(\.name))
    mismatch.unexpected = state.keys.filter { !names.contains($0) }
    return (fitting, mismatch)
  }
}

/// Whether a tensor counts the batches that a normalization has seen. PyTorch before 0.4.1 had no such tensors.
package func isBatchCounter(_ name: String) -> Bool {
  name.hasSuffix(".num_batches_tracked") || name == "num_batches_tracked"
}
