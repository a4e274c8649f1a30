import Foundation
import Synchronization
import Torch

/// A worker's line to the process that started it.
///
/// The worker tells why it fails, so that one line says it for all. The launcher tells that another worker has failed, and
/// if the launcher itself is gone, the line is closed: then the worker stops as after SIGTERM, and no orphan is left.
public final class LauncherLink: Sendable {
  /// The environment's name of the line's file descriptor.
  static let variable = "RTSEG_LAUNCHER"
  /// The text that the launcher writes if another worker has failed.
  static let failureMark = UInt8(ascii: "F")

  /// Why a worker fails.
  struct Failure: Codable {
    let reason: String
    /// Whether the cause lies in another process.
    let isConsequence: Bool
  }

  private let descriptor: Int32
  private let patience: Double
  private let world = Mutex<TrainingWorld?>(nil)

  /// The line of this process; nil if it was not started by `ProcessLauncher`.
  /// - Parameter patience: Seconds after which a worker that is to stop is ended.
  public static func find(patience: Double) -> LauncherLink? {
    var status = stat()
    guard let text = ProcessInfo.processInfo.environment[variable], let descriptor = Int32(text), descriptor > 2,
      fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK
    else { return nil }
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    return LauncherLink(descriptor, patience: patience)
  }

  private init(_ descriptor: Int32, patience: Double) {
    self.descriptor = descriptor
    self.patience = patience
    Thread.detachNewThread { [self] in watch() }
  }

  /// Says which processes this worker has met, so that it does not wait for them if one has failed.
  public func joined(_ world: TrainingWorld) { self.world.withLock { $0 = world } }

  private func watch() {
    var byte: UInt8 = 0
    while true {
      switch read(descriptor, &byte, 1) {
      case 1 where byte == Self.failureMark:
        // Before the processes have met there is nothing to save.
        guard let world = world.withLock({ $0 }) else { _exit(1) }
        world.abort()
      case 0:
        kill(getpid(), SIGTERM)
        Thread.sleep(forTimeInterval: patience)
        _exit(1)
      case -1 where errno == EINTR: break
      case 1: break
      default: return
      }
    }
  }

  /// Tells the launcher why this worker ends.
  public func report(_ error: any Error) {
    let failure = Failure(reason: "\(error)", isConsequence: error is PeerFailure || error is TorchError)
    guard let bytes = try? JSONEncoder().encode(failure) else { return }
    bytes.withUnsafeBytes { _ = send(descriptor, $0.baseAddress, min($0.count, 1 << 15), 0) }
  }
}
