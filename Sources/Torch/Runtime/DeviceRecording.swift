import CTorch

/// Work on an accelerator that is recorded once and then given to the device as a whole: a CUDA graph.
public final class DeviceRecording {
  private let handle: ct_recording

  /// Runs `body` a few times, then records it. The tensors that `body` reads and makes keep their memory: copy new
  /// inputs into the tensors that it reads, and find results in those of its last call.
  ///
  /// If libtorch records nothing on the device, as on the CPU and before 2.13, the result is `nil` and `body` is not
  /// called.
  /// - Throws: `TorchError` if `body` does what cannot be recorded, such as waiting for the device.
  public init?(on device: Device, _ body: () -> Void) throws {
    let handle: ct_recording? = try withoutActuallyEscaping(body) { body in
      let work = Work(body)
      var out: ct_recording?
      let succeeded = withExtendedLifetime(work) {
        ct_record(
          device.handle, { Unmanaged<Work>.fromOpaque($0!).takeUnretainedValue().body() },
          Unmanaged.passUnretained(work).toOpaque(), &out)
      }
      try checkThrowing(succeeded)
      return out
    }
    guard let handle else { return nil }
    self.handle = handle
  }

  deinit { ct_free_recording(handle) }

  /// Does the work again, in order with what else the device has to do.
  public func replay() { check(ct_replay(handle)) }
}

private final class Work {
  let body: () -> Void
  init(_ body: @escaping () -> Void) { self.body = body }
}
