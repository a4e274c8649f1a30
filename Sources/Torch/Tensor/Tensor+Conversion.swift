import CTorch

extension Tensor {
  /// The tensor with another element type, on another device or in another memory format. If nothing differs, it is the
  /// tensor itself, unless a copy is asked for.
  public func to(
    dtype: DType? = nil, device: Device? = nil, format: MemoryFormat = .preserve, copy: Bool = false
  ) -> Tensor {
    let dtype = dtype ?? self.dtype
    let device = device ?? self.device
    return .make { ct_to(handle, dtype.rawValue, device.handle, format.rawValue, copy, $0) }
  }

  /// The tensor on a device. If it comes from `emptyForUpload`, the GPU copies it while this process goes on; its elements
  /// must not be written again.
  package func uploaded(to device: Device) -> Tensor { .make { ct_upload(handle, device.handle, $0) } }

  /// The tensor with its elements in the order of a memory format.
  public func contiguous(_ format: MemoryFormat = .contiguous) -> Tensor {
    .make { ct_contiguous(handle, format.rawValue, $0) }
  }

  /// A copy with memory of its own.
  public func clone() -> Tensor { .make { ct_clone(handle, $0) } }

  /// Copies values, converting type and device; `source` broadcasts to this shape.
  public func copyInPlace(_ source: Tensor) { check(ct_copy_(handle, source.handle)) }

  /// Copies the values of each source into the tensor in its place; on a GPU, all of one type together.
  package static func copyAllInPlace(_ tensors: [Tensor], from sources: [Tensor]) {
    precondition(tensors.count == sources.count)
    if tensors.isEmpty { return }
    withHandles(tensors, sources) { check(ct_copy_all_($0[0], $0[1], tensors.count)) }
  }

  /// Makes this tensor share the data of `source`, keeping its identity: how a module moves to a device.
  func setData(_ source: Tensor) { check(ct_set_data(handle, source.handle)) }

  /// Exchanges what this reference and another stand for: everyone who holds one of them sees the other's tensor.
  package func exchange(with other: Tensor) { check(ct_exchange(handle, other.handle)) }
}
