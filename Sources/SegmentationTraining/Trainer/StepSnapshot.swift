import SegmentationModels
import Torch

/// The state that a training step changes before it is known whether the step counts: the network's buffers, such as
/// running statistics, and the random generators. It serves to undo a step whose loss or gradients are not finite.
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
    withoutGradients { Tensor.copyAllInPlace(buffers.map(\.copy), from: buffers.map(\.tensor)) }
    randomStates = devices.map { Libtorch.randomState(of: $0) }
  }

  /// Puts the remembered state back.
  func restore() throws {
    withoutGradients { Tensor.copyAllInPlace(buffers.map(\.tensor), from: buffers.map(\.copy)) }
    for (device, state) in zip(devices, randomStates) { try Libtorch.setRandomState(state, of: device) }
  }
}
