import CTorch

/// An exponential moving average of a network's parameters and buffers: often the better network at the end.
///
/// Integer buffers are averaged in floating point and rounded towards zero, as the PyTorch reference does.
public final class ParameterAverage {
  /// The averages, by name, on the network's device.
  public private(set) var state: StateDictionary

  /// Makes an average that is a copy of the network.
  public init(of module: Module) { state = module.stateDictionary }

  /// Moves the averages towards the network: average ← decay · average + (1 - decay) · network.
  public func update(with module: Module, decay: Double) {
    withoutGradients {
      var averages: [Tensor] = []
      var currents: [Tensor] = []
      for (name, tensor) in module.namedState {
        guard let average = state[name] else { continue }
        let current = tensor.detached()
        if average.dtype.isFloatingPoint {
          averages.append(average)
          currents.append(current)
        } else {
          let mixed = average.to(dtype: .float32) * decay + current.to(dtype: .float32) * (1 - decay)
          average.copyInPlace(mixed)
        }
      }
      if averages.isEmpty { return }
      withHandles(averages, currents) { check(ct_average_all_($0[0], $0[1], averages.count, decay)) }
    }
  }

  /// Takes over saved averages.
  /// - Throws: `StateMismatch` unless names, shapes and element types all fit; then nothing has changed.
  public func load(_ saved: StateDictionary) throws(StateMismatch) {
    let mismatch = saved.mismatch(with: state.entries)
    if !mismatch.isEmpty { throw mismatch }
    for (name, tensor) in state.entries { tensor.copyInPlace(saved[name]!) }
  }
}
