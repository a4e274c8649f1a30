import CKernels
import Torch

/// Threads that an engine's kernels share; used by one call at a time.
final class KernelPool: @unchecked Sendable {
  let handle: OpaquePointer

  init(threads: Int) throws {
    guard let handle = ck_pool_create(Int32(clamping: threads)) else { throw EngineError.lastKernelFailure() }
    self.handle = handle
  }

  deinit { ck_pool_free(handle) }

  /// Those that take part in the next calls: at first, and at most, all.
  var threads: Int {
    get { Int(ck_pool_threads(handle)) }
    set { if !ck_pool_set_threads(handle, Int32(newValue)) { preconditionFailure(lastKernelError()) } }
  }

  /// Calls `body` with each number below `count`, on all threads.
  func forEach(_ count: Int, _ body: (Int) -> Void) {
    withoutActuallyEscaping(body) { body in
      let task = PoolTask(body)
      withExtendedLifetime(task) {
        _ = ck_pool_run(
          handle, Int32(count),
          { context, index, _ in Unmanaged<PoolTask>.fromOpaque(context!).takeUnretainedValue().body(Int(index)) },
          Unmanaged.passUnretained(task).toOpaque())
      }
    }
  }
}

private final class PoolTask {
  let body: (Int) -> Void

  init(_ body: @escaping (Int) -> Void) { self.body = body }
}

/// Why the last kernel of this thread failed.
func lastKernelError() -> String { String(cString: ck_last_error()) }

/// What an engine cannot do.
public enum EngineError: Error, Equatable, CustomStringConvertible {
  /// An operator of the network has no form in the engine.
  case unsupported(node: String, reason: String)
  /// A kernel refused its arguments.
  case kernel(String)
  /// The image has another size than the engine was made for.
  case size(expected: String, found: String)
  /// The device does not compute in the precision.
  case precision(String)
  /// int8 needs something that is missing.
  case calibration(String)
  /// There is less memory than this many bytes.
  case memory(bytes: Int)

  /// Why the last kernel of this thread failed.
  /// - Parameter operation: What the kernel computed, for the message.
  static func lastKernelFailure(_ operation: String? = nil) -> EngineError {
    let bytes = ck_last_error_bytes()
    if bytes > 0 { return .memory(bytes: Int(clamping: bytes)) }
    return .kernel((operation.map { "\($0): " } ?? "") + lastKernelError())
  }

  public var description: String {
    switch self {
    case .unsupported(let node, let reason): "the inference engine cannot run \(node): \(reason)"
    case .kernel(let message): "inference kernel: \(message)"
    case .size(let expected, let found): "the engine was made for images of \(expected), found \(found)"
    case .precision(let reason): reason
    case .calibration(let reason): "int8: \(reason)"
    case .memory(let bytes): TorchError.outOfMemory(bytes: bytes).description
    }
  }
}
