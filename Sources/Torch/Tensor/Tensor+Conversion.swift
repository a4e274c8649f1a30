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

  /// The tensor with its elements in the order of a memory format.
  public func contiguous(_ format: MemoryFormat = .contiguous) -> Tensor {
    .make { ct_contiguous(handle, format.rawValue, $0) }
  }

  /// A copy with memory of its own.
  public func clone() -> Tensor { .make { ct_clone(handle, $0) } }

  /// Copies values, converting type and device; `source` broadcasts to this shape.
  public func copyInPlace(_ source: Tensor) { check(ct_copy_(handle, source.handle)) }

  /// Makes this tensor share the data of `source`, keeping its identity: how a module moves to a device.
  func setData(_ source: Tensor) { check(ct_set_data(handle, source.handle)) }

  /// Exchanges what this reference and another stand for: everyone who holds one of them sees the other's tensor.
  package func exchange(with other: Tensor) { check(ct_exchange(handle, other.handle)) }
}
