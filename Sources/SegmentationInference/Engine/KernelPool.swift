import CKernels
import Torch

/// The threads that an engine's kernels share. One call may use them at a time.
final class KernelPool: @unchecked Sendable {
  let handle: OpaquePointer

  init(threads: Int) throws {
    guard let handle = ck_pool_create(Int32(clamping: threads)) else { throw EngineError.lastKernelFailure() }
    self.handle = handle
  }

  deinit { ck_pool_free(handle) }

  /// The number of threads that take part in the next calls: at first all of them, which is also the most.
  var threads: Int {
    get { Int(ck_pool_threads(handle)) }
    set { if !ck_pool_set_threads(handle, Int32(newValue)) { preconditionFailure(lastKernelError()) } }
  }

  /// Calls `body` with each number from 0 up to, but not including, `count`, spread over all threads.
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

/// The reason why the last kernel that this thread called failed.
func lastKernelError() -> String { String(cString: ck_last_error()) }

/// The errors of an inference engine.
public enum EngineError: Error, Equatable, CustomStringConvertible {
  /// The engine has no form of one of the network's operators.
  case unsupported(node: String, reason: String)
  /// A kernel refused its arguments.
  case kernel(String)
  /// The image has another size than the engine was made for.
  case size(expected: String, found: String)
  /// The device cannot compute in the precision that was asked for.
  case precision(String)
  /// Something that int8 needs, such as calibration images, is missing or out of range.
  case calibration(String)
  /// The system has less memory than this many bytes.
  case memory(bytes: Int)

  /// The error for the last failure of a kernel that this thread called.
  /// - Parameter operation: The name of the operation that the kernel computed, for the message.
  static func lastKernelFailure(_ operation: String? = nil) -> EngineError {
    let bytes = ck_last_error_bytes()
    if bytes > 0 { return .memory(bytes: Int(clamping: bytes)) }
    return .kernel((operation.map { "\($0): " } ?? "") + lastKernelError())
  }

  /// One line that says what failed and, if something can be done, what to do.
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
