#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Memory straight from the system, filled with zeros, in few large pages if the system has them. The system provides a
/// page when it is first used.
package final class SystemMemory {
  static let largePage = 2 << 20

  let start: UnsafeMutableRawPointer
  package let bytes: Int
  private let mapping: (start: UnsafeMutableRawPointer, bytes: Int)

  /// - Throws: `EngineError.memory` if the system does not have that much memory.
  package init(bytes: Int) throws(EngineError) {
    self.bytes = bytes
    let (size, isTooLarge) = bytes.addingReportingOverflow(Self.largePage)
    guard !isTooLarge, let memory = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0),
      memory != MAP_FAILED
    else { throw .memory(bytes: bytes) }
    mapping = (memory, size)
    start = memory.alignedUp(toMultipleOf: Self.largePage)
    #if os(Linux)
      _ = madvise(start, bytes, MADV_HUGEPAGE)
    #endif
  }

  deinit { munmap(mapping.start, mapping.bytes) }

  /// Makes the system provide all pages now, on all threads.
  func touch(_ pool: KernelPool) {
    let (start, bytes) = (start, bytes)
    pool.forEach((bytes + Self.largePage - 1) / Self.largePage) { index in
      let end = min(bytes, (index + 1) * Self.largePage)
      for offset in stride(from: index * Self.largePage, to: end, by: 4096) {
        start.storeBytes(of: 0, toByteOffset: offset, as: UInt8.self)
      }
    }
  }
}
