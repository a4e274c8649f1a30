import CKernels
import Foundation
import Measurement
import SegmentationBenchmark

/// The measured limits of the machine.
struct Limits {
  /// GFLOP/s of libtorch's matrix product.
  let peak: ComputePeak
  /// GB/s of copying memory, read and written.
  let bandwidth: Double

  init(threads: Int) {
    peak = ComputePeak.measure(threads: threads)
    bandwidth = Self.copying(threads: threads)
  }

  func peak(for type: ck_type) -> Double? {
    switch type {
    case CK_FLOAT32: peak.float32
    case CK_BFLOAT16: peak.bfloat16
    default: nil
    }
  }

  private static func copying(threads: Int) -> Double {
    let size = 64 << 20
    let memory = Memory(2 * size * threads)
    let times = (0..<12).map { _ in
      seconds {
        DispatchQueue.concurrentPerform(iterations: threads) { index in
          memcpy(memory.start + 2 * index * size, memory.start + (2 * index + 1) * size, size)
        }
      }
    }
    return 2 * Double(size * threads) / times.min()! / 1e9
  }

  private static let other = Memory(4 * max(Int(ck_cache_bytes(3)), 32 << 20))

  /// Reads and writes so much memory that nothing else is left in the caches.
  static func emptyCaches() { memset(other.start, Int32.random(in: 0...255), other.size) }
}

/// Memory that threads may use, each its own part.
private final class Memory: @unchecked Sendable {
  let start: UnsafeMutableRawPointer
  let size: Int

  init(_ size: Int) {
    self.size = size
    start = .allocate(byteCount: size, alignment: 4096)
    memset(start, 1, size)
  }

  deinit { start.deallocate() }
}
