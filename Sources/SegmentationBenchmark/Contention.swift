import Foundation

/// The work that another process does during all measurements. It stands for the other programs on a user's machine.
public enum Contention: String, Codable, Sendable, CaseIterable {
  /// It computes on one core all the time.
  case core
  /// It copies large buffers all the time, which takes the memory's bandwidth and the shared cache besides a core.
  case memory

  /// Goes on as long as the process lives that started this one.
  public func keepBusy() {
    let parent = getppid()
    switch self {
    case .core:
      var value = 0.5
      while getppid() == parent {
        for _ in 0..<5_000_000 { value = value * 3.7 * (1 - value) }
        // The value is used so that the compiler keeps the work.
        if value < 0 { print(value) }
      }
    case .memory:
      let size = 64 << 20
      let buffers = UnsafeMutableRawPointer.allocate(byteCount: 2 * size, alignment: 64)
      defer { buffers.deallocate() }
      memset(buffers, 1, 2 * size)
      while getppid() == parent { memcpy(buffers, buffers + size, size) }
    }
  }
}
