import SegmentationModels
import Torch

/// What a training step changes before it is known whether the step counts: the network's buffers, such as running
/// statistics, and the random generators. A step whose loss or gradients are not finite is undone with it.
final class StepSnapshot {
  private let buffers: [(tensor: Tensor, copy: Tensor)]
  private let devices: [Device]
  private var randomStates: [Tensor] = []

  init(of model: Module, device: Device) {
    let parameters = Set(model.parameters.map(\.identity))
    buffers = model.namedState.map(\.tensor).filter { !parameters.contains($0.identity) }.map { ($0, $0.clone()) }
    devices = device.kind == .cpu ? [.cpu] : [.cpu, device]
  }

  /// Remembers the state.
  func take() {
    withoutGradients {
      for (tensor, copy) in buffers { copy.copyInPlace(tensor) }
    }
    randomStates = devices.map { Libtorch.randomState(of: $0) }
  }

  /// Puts the remembered state back.
  func restore() throws {
    withoutGradients {
      for (tensor, copy) in buffers { tensor.copyInPlace(copy) }
    }
    for (device, state) in zip(devices, randomStates) { try Libtorch.setRandomState(state, of: device) }
  }
}
