import Files

/// A saved state that does not belong to an optimizer and its parameters.
public struct OptimizerStateError: Error, CustomStringConvertible, Sendable, Equatable {
  /// The error in one line.
  public let description: String

  init(_ description: String) { self.description = description }
}

extension Optimizer {
  /// Takes over the saved state of each parameter (see `state`), as copies on the parameters' device.
  /// - Throws: `OptimizerStateError` for a state of another optimizer or network; then nothing has changed.
  public func restore(_ saved: [Int: [String: Tensor]]) throws(OptimizerStateError) { state = try fitted(saved) }

  /// The saved state after all checks, in the memory order of the parameters, which the fused steps need.
  package func fitted(_ saved: [Int: [String: Tensor]]) throws(OptimizerStateError) -> [Int: [String: Tensor]] {
    let parameters = groups.flatMap(\.parameters)
    var fitted: [Int: [String: Tensor]] = [:]
    for (number, buffers) in saved.sorted(by: { $0.key < $1.key }) where !buffers.isEmpty {
      guard parameters.indices.contains(number) else {
        throw OptimizerStateError(
          "the optimizer's state is of another network: it has a parameter \(number), this network has "
            + "\(parameters.count)")
      }
      guard Set(buffers.keys) == Set(stateNames) else {
        let found = buffers.keys.sorted().prefix(8).map { $0.printable(limit: 40) }.joined(separator: ", ")
        throw OptimizerStateError(
          "the optimizer's state is of another kind of optimizer (parameter \(number)): expected "
            + "\(stateNames.sorted().joined(separator: ", ")), found \(found)")
      }
      var own: [String: Tensor] = [:]
      for (name, buffer) in buffers {
        own[name] = try Self.fitted(buffer, name: name, of: number, parameters[number])
      }
      fitted[number] = own
    }
    return fitted
  }

  private static func fitted(
    _ buffer: Tensor, name: String, of number: Int, _ parameter: Tensor
  ) throws(OptimizerStateError) -> Tensor {
    func refuse(_ expected: String, _ found: String) -> OptimizerStateError {
      OptimizerStateError(
        "the optimizer's state does not fit the network: \(name) of parameter \(number): expected \(expected), "
          + "found \(found)")
    }
    if name == OptimizerStep.name {
      guard buffer.count == 1, buffer.dtype.isFloatingPoint || buffer.dtype == .int64 else {
        throw refuse("one number", "\(buffer.dtype) \(describe(buffer.shape))")
      }
      let steps = buffer.item
      guard steps.isFinite, steps >= 0, steps == steps.rounded(), steps <= OptimizerStep.limit else {
        throw refuse("a number of steps", "\(steps)")
      }
      return Tensor.full([], steps, device: parameter.device)
    }
    guard buffer.shape == parameter.shape, buffer.dtype == parameter.dtype else {
      throw refuse(
        "\(parameter.dtype) \(describe(parameter.shape))", "\(buffer.dtype) \(describe(buffer.shape))")
    }
    return withoutGradients {
      let own = zeros(like: parameter)
      own.copyInPlace(buffer)
      return own
    }
  }
}

/// The count of the updates of a parameter. No other part of a state differs from the parameter's shape.
enum OptimizerStep {
  static let name = "step"
  /// The largest count that is believed; no run has as many steps.
  static let limit = 1e12
}

/// Zeros in the shape, type and memory order of a parameter, on its device.
func zeros(like parameter: Tensor) -> Tensor {
  let tensor = withoutGradients { parameter.detached() * 0 }
  tensor.zeroInPlace()
  return tensor
}
