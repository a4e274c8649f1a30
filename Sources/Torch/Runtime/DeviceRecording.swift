import CTorch

/// Work on an accelerator that is recorded once and then given to the device as a whole: a CUDA graph.
public final class DeviceRecording {
  private let handle: ct_recording

  /// Runs `body` a few times, then records it. The tensors that `body` reads and makes keep their memory: copy new
  /// inputs into the tensors that it reads, and find results in those of its last call.
  ///
  /// If libtorch records nothing on the device, as on the CPU, the result is `nil` and `body` is not called.
  /// - Throws: What `body` throws, or `TorchError` if it does what cannot be recorded, such as waiting for the device.
  public init?(on device: Device, _ body: () throws -> Void) throws {
    let handle: ct_recording? = try withoutActuallyEscaping(body) { body in
      let work = Work(body)
      var out: ct_recording?
      let succeeded = withExtendedLifetime(work) {
        ct_record(
          device.handle, { Unmanaged<Work>.fromOpaque($0!).takeUnretainedValue().run() },
          Unmanaged.passUnretained(work).toOpaque(), &out)
      }
      if let error = work.error { throw error }
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
  private let body: () throws -> Void
  /// The error that `body` has thrown.
  private(set) var error: (any Error)?

  init(_ body: @escaping () throws -> Void) { self.body = body }

  /// Whether `body` has done its work.
  func run() -> Bool {
    do {
      try catchingTorchErrors(body)
      return true
    } catch {
      self.error = error
      return false
    }
  }
}
