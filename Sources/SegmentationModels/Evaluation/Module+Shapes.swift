import Torch

extension Module {
  /// Runs `body` with shapes in place of the module's parameters and buffers: new tensors are on the meta device, and
  /// nothing is computed.
  package func withShapesAlone<Result>(_ body: () throws -> Result) rethrows -> Result {
    var seen: Set<ObjectIdentifier> = []
    let state = namedState.map(\.tensor).filter { seen.insert(ObjectIdentifier($0)).inserted }
    let placeholders = state.map { Tensor.empty($0.shape, dtype: $0.dtype, device: .meta) }
    func exchange() { for (tensor, placeholder) in zip(state, placeholders) { tensor.exchange(with: placeholder) } }
    exchange()
    defer { exchange() }
    return try withDefaultDevice(.meta, body)
  }
}
