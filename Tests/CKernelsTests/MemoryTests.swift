import CKernels
import Testing

/// The kernels' memory, in a process of its own, since its source is that of all kernels.
@Suite struct MemoryTests {
  @Test func `planned kernels allocate nothing, and each allocation may fail`() async {
    await #expect(processExitsWith: .success) {
      MemoryProbe.install()
      for (name, kernel) in KernelCalls.all {
        MemoryProbe.checkPlan(of: name, kernel)
        MemoryProbe.checkFailures(of: name, kernel)
      }
      for (name, create) in KernelCalls.convolutions {
        MemoryProbe.failEach(name) {
          guard let conv = create() else { return false }
          ck_conv_free(conv)
          return true
        }
      }
      #expect(MemoryProbe.held == 0)
    }
  }
}

/// An allocator that counts, and that fails once it is told to.
enum MemoryProbe {
  /// Allocations that succeed before one fails.
  nonisolated(unsafe) static var remaining = Int.max
  nonisolated(unsafe) static var allocations = 0
  /// Bytes that are allocated and not released.
  nonisolated(unsafe) static var held = 0

  static func install() {
    var allocator = ck_allocator(
      allocate: { _, alignment, bytes in
        MemoryProbe.allocations += 1
        MemoryProbe.remaining -= 1
        guard MemoryProbe.remaining >= 0 else { return nil }
        MemoryProbe.held += bytes
        return UnsafeMutableRawPointer.allocate(byteCount: max(bytes, 1), alignment: alignment)
      },
      release: { _, memory, bytes in
        MemoryProbe.held -= bytes
        memory!.deallocate()
      }, state: nil)
    #expect(ck_set_allocator(&allocator))
  }

  static func checkPlan(of name: String, _ kernel: (OpaquePointer) -> Bool) {
    let pool = ck_pool_create(2)!
    defer { ck_pool_free(pool) }
    ck_pool_begin_planning(pool)
    #expect(kernel(pool), "\(name): \(String(cString: ck_last_error()))")
    #expect(ck_pool_end_planning(pool))
    allocations = 0
    #expect(kernel(pool), "\(name): \(String(cString: ck_last_error()))")
    #expect(allocations == 0, "\(name) allocates what it did not plan")
  }

  static func checkFailures(of name: String, _ kernel: (OpaquePointer) -> Bool) {
    var pool: OpaquePointer?
    failEach(name) {
      if pool == nil { pool = ck_pool_create(2) }
      return kernel(pool!)
    }
    ck_pool_free(pool)
  }

  /// Fails each allocation in turn until the body succeeds. After a failure the same call must succeed.
  static func failEach(_ name: String, _ body: () -> Bool) {
    for allowed in 0..<100 {
      remaining = allowed
      let isDone = body()
      remaining = .max
      if isDone { return }
      #expect(String(cString: ck_last_error()) == "out of memory" && ck_last_error_bytes() > 0, "\(name)")
    }
    Issue.record("\(name) always fails")
  }
}
