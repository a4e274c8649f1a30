import Foundation
import Synchronization
import Torch

/// A worker's connection to the process that started it.
///
/// The worker tells the launcher why it fails, so that one line says it for all workers. The launcher tells the worker
/// if another one has failed. If the launcher itself is gone, the connection is closed; the worker then stops as it
/// does after SIGTERM, so that no orphan is left.
public final class LauncherLink: Sendable {
  /// The environment variable that holds the connection's file descriptor.
  static let variable = "RTSEG_LAUNCHER"
  /// The byte that the launcher sends if another worker has failed.
  static let failureMark = UInt8(ascii: "F")

  /// The reason why a worker fails.
  struct Failure: Codable {
    let reason: String
    /// Whether the cause lies in another process.
    let isConsequence: Bool
  }

  private let descriptor: Int32
  private let patience: Double
  private let world = Mutex<TrainingWorld?>(nil)

  /// The connection of this process; `nil` if it was not started by `ProcessLauncher`.
  /// - Parameter patience: The seconds after which a worker that was asked to stop is ended.
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

  /// Notes the processes that this worker has met, so that it stops waiting for them if one has failed.
  public func joined(_ world: TrainingWorld) { self.world.withLock { $0 = world } }

  private func watch() {
    var byte: UInt8 = 0
    while true {
      switch read(descriptor, &byte, 1) {
      case 1 where byte == Self.failureMark:
        // Nothing needs saving before the processes have met.
        guard let world = world.withLock({ $0 }) else { _exit(1) }
        world.abort()
      case 0:
        // The place where the processes meet has gone with the launcher, so those that have not met never will.
        guard world.withLock({ $0 }) != nil else { _exit(1) }
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
