import CKernels
import Testing

@Suite struct PoolTests {
  /// Each index once, on threads that take part, whatever their number was before.
  @Test func someThreads() throws {
    let pool = try #require(ck_pool_create(3))
    defer { ck_pool_free(pool) }
    #expect(ck_pool_threads(pool) == 3)
    for threads: Int32 in [1, 3, 2, 1, 2, 3] {
      #expect(ck_pool_set_threads(pool, threads))
      #expect(ck_pool_threads(pool) == threads)
      for _ in 0..<50 {
        // Of each index, the thread that had it, plus one.
        var takers = [Int32](repeating: 0, count: 20)
        takers.withUnsafeMutableBufferPointer { takers in
          ck_pool_run(
            pool, 20, { $0!.assumingMemoryBound(to: Int32.self)[Int($1)] += $2 + 1 }, takers.baseAddress)
        }
        #expect(takers.allSatisfy { 1...threads ~= $0 })
      }
    }
    for threads: Int32 in [0, 4] {
      #expect(!ck_pool_set_threads(pool, threads))
      #expect(String(cString: ck_last_error()) == "\(threads) threads of a pool: expected 1 to 3")
    }
  }
}
