import CTorch

extension Tensor {
  /// Whether operations on this leaf are recorded for the backward pass.
  public var requiresGrad: Bool {
    get {
      var out = false
      check(ct_requires_grad(handle, &out))
      return out
    }
    set { check(ct_set_requires_grad(handle, newValue)) }
  }

  /// The gradient that `backward` accumulated; set to `nil` to clear it.
  public var grad: Tensor? {
    get {
      var out: ct_tensor?
      check(ct_grad(handle, &out))
      return out.map(Tensor.init(owning:))
    }
    set { check(ct_set_grad(handle, newValue?.handle)) }
  }

  /// The same data outside the recorded graph.
  public func detached() -> Tensor { .make { ct_detach(handle, $0) } }

  /// Adds the gradients of this scalar to the leaves it was computed from.
  public func backward(gradient: Tensor? = nil) { check(ct_backward(handle, gradient?.handle)) }
}

/// Runs `body` without recording for the backward pass: evaluation, updates of weights.
public func withoutGradients<Result>(_ body: () throws -> Result) rethrows -> Result {
  let previous = ct_grad_mode()
  ct_set_grad_mode(false)
  defer { ct_set_grad_mode(previous) }
  return try body()
}

/// The L2 norm of all tensors taken together, of rank 0.
public func totalNorm(_ tensors: [Tensor]) -> Tensor {
  withHandles(tensors) { handles in .make { ct_total_norm(handles[0], tensors.count, $0) } }
}
