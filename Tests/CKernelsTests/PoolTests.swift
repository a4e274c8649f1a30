import CKernels
import Testing

@Suite struct PoolTests {
  /// Each index once, on threads that take part, whatever their number was before.
  @Test func `some of a pool's threads take each index once`() throws {
    let pool = try #require(ck_pool_create(3))
    defer { ck_pool_free(pool) }
    #expect(ck_pool_threads(pool) == 3)
    for threads: Int32 in [1, 3, 2, 1, 2, 3] {
      #expect(ck_pool_set_threads(pool, threads))
      #expect(ck_pool_threads(pool) == threads)
      for _ in 0..<50 {
        // For each index, the number of the thread that took it, plus one.
        var takers = [Int32](repeating: 0, count: 20)
        takers.withUnsafeMutableBufferPointer { takers in
          _ = ck_pool_run(
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

  /// Memory that is not there is an error that tells how much was asked for, and the pool works on.
  @Test func memoryThatIsNotThereIsAnError() throws {
    let pool = try #require(ck_pool_create(2))
    defer { ck_pool_free(pool) }
    #expect(!ck_pool_reserve(pool, 1 << 60))
    #expect(String(cString: ck_last_error()) == "out of memory" && ck_last_error_bytes() == 1 << 60)
    #expect(!ck_pool_set_threads(pool, 0))
    #expect(ck_last_error_bytes() == 0)

    // Nothing of maps as large as these is read before there is memory for the class of each of their pixels.
    var value: Float = 0
    var byte: UInt8 = 0
    withUnsafeMutablePointer(to: &value) { value in
      withUnsafeMutablePointer(to: &byte) { byte in
        var input = ck_map(
          data: value, height: .max, width: 1 << 20, channels: 1, type: CK_FLOAT32, row: 1 << 20, pixel: 1)
        var output = ck_map(data: byte, height: 1, width: 1, channels: 1, type: CK_UINT8, row: 1, pixel: 1)
        #expect(!ck_argmax(pool, &input, &output, true))
      }
    }
    #expect(ck_last_error_bytes() > 1 << 50)
    var calls = [Int32](repeating: 0, count: 20)
    calls.withUnsafeMutableBufferPointer { calls in
      let isDone = ck_pool_run(
        pool, 20, { calls, index, _ in calls!.assumingMemoryBound(to: Int32.self)[Int(index)] += 1 }, calls.baseAddress)
      #expect(isDone)
    }
    #expect(calls.allSatisfy { $0 == 1 })
  }
}
