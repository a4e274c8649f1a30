import CTorch

extension ProcessGroup {
  /// Replaces each tensor by the sum, mean, maximum or minimum over all processes.
  ///
  /// All processes give tensors of the same types and sizes, on the CPU or on the group's device.
  /// - Throws: `ProcessGroupError`.
  public func allReduce(_ tensors: [Tensor], _ reduction: Reduction) throws {
    try check(
      withHandles(tensors) { ct_all_reduce(handle, $0[0], tensors.count, reduction.rawValue) })
  }

  /// Replaces each tensor by that of the process `root`.
  /// - Throws: `ProcessGroupError`.
  public func broadcast(_ tensors: [Tensor], from root: Int) throws {
    try check(withHandles(tensors) { ct_broadcast(handle, $0[0], tensors.count, root) })
  }

  /// The bytes of each process, by rank; they may be of any lengths.
  /// - Throws: `ProcessGroupError`.
  public func allGather(_ bytes: [UInt8]) throws -> [[UInt8]] {
    var out = [ct_tensor?](repeating: nil, count: size)
    let own = Tensor(bytes)
    try check(withExtendedLifetime(own) { ct_all_gather(handle, own.handle, &out) })
    return out.map { Tensor(owning: $0).elements(UInt8.self) }
  }

  /// Waits until all processes have come to this point.
  /// - Throws: `ProcessGroupError`.
  public func barrier() throws { try check(ct_barrier(handle)) }

  /// The sums over all processes, in double precision.
  /// - Throws: `ProcessGroupError`.
  public func sum(_ values: [Double]) throws -> [Double] {
    let sums = Tensor(values)
    try allReduce([sums], .sum)
    return sums.elements(Double.self)
  }

  /// The sum over all processes of a small tensor that gradients do not flow through, such as a count of labelled pixels.
  ///
  /// A failure traps, or ends `catchingTorchErrors`, like that of any other operation within a loss.
  public func sumForLoss(_ tensor: Tensor) -> Tensor {
    let sum = tensor.detached().clone()
    Torch.check(withHandles([sum]) { ct_all_reduce(handle, $0[0], 1, Reduction.sum.rawValue) })
    return sum
  }
}
