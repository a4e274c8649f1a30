import CRuntime
import Torch

/// The errors of an inference engine.
public enum EngineError: Error, Equatable, CustomStringConvertible {
  /// The engine has no form of one of the network's operators.
  case unsupported(node: String, reason: String)
  /// A kernel refused its arguments.
  case kernel(String)
  /// A program cannot be opened: the line names the file and says what is wrong with it.
  case program(String)
  /// The image has another size than the engine was made for.
  case size(expected: String, found: String)
  /// The device cannot compute in the precision that was asked for.
  case precision(String)
  /// Something that int8 needs, such as calibration images, is missing or out of range.
  case calibration(String)
  /// The system has less memory than this many bytes.
  case memory(bytes: Int)

  /// The error for the last failure of the runtime that this thread called.
  static var lastRuntimeFailure: EngineError {
    switch rt_last_status() {
    case RTSEG_OUT_OF_MEMORY: .memory(bytes: Int(clamping: rt_last_error_bytes()))
    case RTSEG_FILE_ERROR, RTSEG_FORMAT_ERROR, RTSEG_NEWER_VERSION: .program(String(cString: rt_last_error()))
    default: .kernel(String(cString: rt_last_error()))
    }
  }

  /// One line that says what failed and, if something can be done, what to do.
  public var description: String {
    switch self {
    case .unsupported(let node, let reason): "the inference engine cannot run \(node): \(reason)"
    case .kernel(let message): "inference kernel: \(message)"
    case .program(let message): message
    case .size(let expected, let found): "the engine was made for images of \(expected), found \(found)"
    case .precision(let reason): reason
    case .calibration(let reason): "int8: \(reason)"
    case .memory(let bytes): TorchError.outOfMemory(bytes: bytes).description
    }
  }
}
