import CKernels
import Testing
import Torch

extension KernelTests {
  /// Against loops over indices.
  @Suite struct RearrangementTests {
    private func check<T: BinaryInteger>(_ element: T.Type, _ type: ck_type, _ draw: inout Draw, _ pool: OpaquePointer)
    {
      let rank = draw.int(1...6)
      let sizes = (0..<rank).map { _ in draw.element([1, 2, 3, draw.int(1...(rank < 4 ? 90 : 6))]) }
      /// Strides of an array with the axes in a drawn order and gaps, and its length.
      func layout(expands: Bool) -> (strides: [Int64], length: Int) {
        var (strides, length) = ([Int64](repeating: 0, count: rank), 1)
        var axes = Array(0..<rank)
        while !axes.isEmpty {
          let axis = axes.remove(at: draw.int(0...axes.count - 1))
          if expands, draw.int(0...3) == 0 { continue }
          strides[axis] = Int64(length)
          length *= sizes[axis]
          if draw.int(0...3) == 0 { length += draw.int(1...3) }
        }
        return (strides, length)
      }
      let (from, to) = (layout(expands: true), layout(expands: false))
      let values = (0..<from.length).map { T(truncatingIfNeeded: $0 &* 2_654_435_761) }
      var expected = [T](repeating: 77, count: to.length)
      var index = [Int](repeating: 0, count: rank)
      repeat {
        let source = zip(index, from.strides).map { $0 * Int($1) }.reduce(0, +)
        let target = zip(index, to.strides).map { $0 * Int($1) }.reduce(0, +)
        expected[target] = values[source]
        var axis = 0
        while axis < rank {
          index[axis] += 1
          if index[axis] < sizes[axis] { break }
          index[axis] = 0
          axis += 1
        }
        if axis == rank { break }
      } while true
      var found = [T](repeating: 77, count: to.length)
      let isDone = values.withUnsafeBytes { values in
        found.withUnsafeMutableBytes { found in
          ck_rearrange(
            pool, type, Int32(rank), sizes.map(Int32.init), values.baseAddress, from.strides, found.baseAddress,
            to.strides)
        }
      }
      #expect(isDone)
      #expect(found == expected, "\(sizes), \(from.strides), \(to.strides)")
    }

    @Test func `elements go where strides say`() throws {
      try KernelTests.rounds(40) { draw, pool in
        check(UInt32.self, CK_FLOAT32, &draw, pool)
        check(UInt16.self, CK_BFLOAT16, &draw, pool)
        check(UInt8.self, CK_UINT8, &draw, pool)
      }
    }

    @Test func `large transpositions are shared by threads`() throws {
      try KernelTests.rounds(1) { draw, pool in
        let (rows, columns) = (draw.int(300...400), draw.int(300...400))
        let input = draw.tensor([rows, columns])
        var found = [Float](repeating: .nan, count: rows * columns)
        #expect(
          ck_rearrange(
            pool, CK_FLOAT32, 2, [Int32(rows), Int32(columns)], input.elements(Float.self), [Int64(columns), 1], &found,
            [1, Int64(rows)]))
        #expect(found == input.transpose(0, 1).contiguous().elements(Float.self))
      }
    }

    @Test func `rearrangements that are none are refused`() throws {
      let pool = try #require(ck_pool_create(1))
      defer { ck_pool_free(pool) }
      var found: [Float] = [1, 2]
      #expect(!ck_rearrange(pool, CK_FLOAT32, 7, [1, 1, 1, 1, 1, 1, 1], [0] as [Float], [1], &found, [1]))
      #expect(String(cString: ck_last_error()) == "rearrangement: a rank of 7, expected 1 to 6")
      #expect(!ck_rearrange(pool, CK_FLOAT32, 1, [2], [0, 1] as [Float], [1], &found, [0]))
      #expect(String(cString: ck_last_error()) == "rearrangement: strides of 1 and 0 for a size of 2")
      #expect(!ck_rearrange(pool, CK_FLOAT32, 1, [2], [0, 1] as [Float], [-1], &found, [1]))
      #expect(found == [1, 2])
    }

    @Test(arguments: [CK_FLOAT32, CK_BFLOAT16, CK_UINT8]) func `maps are filled and gaps are not`(type: ck_type) throws
    {
      try KernelTests.rounds(3) { draw, pool in
        let (height, width, channels, gap) = (draw.int(1...9), draw.int(1...9), draw.int(1...9), draw.int(0...2))
        let filled = KernelMap(height, width, channels, type: type, gap: gap)
        var map = filled.map
        #expect(ck_fill(pool, &map, 3))
        let expected = [Float](repeating: 3, count: height * width * channels)
        KernelTests.expect(filled, Tensor(expected, shape: [1, channels, height, width]), tolerance: 0)
        if type == CK_UINT8 {
          #expect(!ck_fill(pool, &map, 2.5) && !ck_fill(pool, &map, 256))
        } else if gap > 0 {
          // The gap after the first pixel.
          let bytes = type == CK_FLOAT32 ? 4 : 2
          #expect(map.data.load(fromByteOffset: channels * bytes, as: UInt16.self) == 0xffff)
        }
      }
    }
  }
}
