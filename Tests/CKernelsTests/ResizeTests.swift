import CKernels
import Testing
import Torch

extension KernelTests {
  /// Against libtorch's resizing.
  @Suite struct ResizeTests {
    func sizes(_ draw: inout Draw) -> (from: ImageSize, to: ImageSize) {
      let from = ImageSize(height: draw.int(1...12), width: draw.int(1...12))
      let factor = draw.int(2...8)
      return (from, draw.bool() ? from * factor : ImageSize(height: draw.int(1...40), width: draw.int(1...60)))
    }

    @Test(arguments: [false, true]) func `bilinear resizing matches libtorch`(alignCorners: Bool) throws {
      try KernelTests.rounds(10) { draw, pool in
        let (from, to) = sizes(&draw)
        let input = draw.tensor([1, draw.int(1...40), from.height, from.width])
        let expected = input.upsampleBilinear2d(size: to, alignCorners: alignCorners)
        let addend = draw.tensor(expected.shape)
        let (source, sum) = (KernelMap(input, gap: 1), KernelMap(addend, gap: 2))
        var (sourceMap, sumMap) = (source.map, sum.map)
        var resizing = ck_resizing()
        resizing.align_corners = alignCorners
        resizing.activation.kind = CK_RELU
        #expect(ck_resize(pool, &sourceMap, &sumMap, &resizing, &sumMap, ck_rows(begin: 0, end: Int32(to.height))))
        KernelTests.expect(sum, (expected + addend).relu(), tolerance: 5e-6)

        resizing.activation.kind = CK_IDENTITY
        let cut = Int32(draw.int(0...to.height))
        for rows in [ck_rows(begin: cut, end: Int32(to.height)), ck_rows(begin: 0, end: cut)] {
          #expect(ck_resize(pool, &sourceMap, &sumMap, &resizing, nil, rows))
        }
        KernelTests.expect(sum, expected, tolerance: 5e-6)
      }
    }

    @Test func `nearest-neighbor resizing matches libtorch`() throws {
      try KernelTests.rounds(6) { draw, pool in
        let (from, to) = sizes(&draw)
        let input = draw.tensor([1, draw.int(1...40), from.height, from.width])
        let expected = input.upsampleNearest2d(size: to)
        let (source, target) = (KernelMap(input), KernelMap(to.height, to.width, input.shape[1], gap: 1))
        var (sourceMap, targetMap) = (source.map, target.map)
        var resizing = ck_resizing()
        resizing.is_nearest = true
        let rows = ck_rows(begin: 0, end: Int32(to.height))
        #expect(ck_resize(pool, &sourceMap, &targetMap, &resizing, nil, rows))
        KernelTests.expect(target, expected, tolerance: 0)

        let factors = draw.tensor(expected.shape)
        let factorMap = KernelMap(factors, gap: 2)
        var operand = factorMap.map
        resizing.op = CK_MULTIPLY
        #expect(ck_resize(pool, &sourceMap, &targetMap, &resizing, &operand, rows))
        KernelTests.expect(target, expected * factors, tolerance: 1e-7)
      }
    }

    /// The class found has the largest value of the resized map, but for rounding, and equal ones go to the lower index.
    @Test(arguments: [false, true]) func `the classes are those of the resized scores`(alignCorners: Bool) throws {
      try KernelTests.rounds(10) { draw, pool in
        let (from, size) = sizes(&draw)
        let to = draw.int(0...3) == 0 ? from : size
        let input = draw.tensor([1, draw.element([1, 2, 19, 20, 35]), from.height, from.width])
        let resized = input.upsampleBilinear2d(size: to, alignCorners: alignCorners)
        let (source, target) = (KernelMap(input, gap: 1), KernelMap(to.height, to.width, 1, type: CK_UINT8, gap: 1))
        var (sourceMap, targetMap) = (source.map, target.map)
        #expect(ck_argmax(pool, &sourceMap, &targetMap, alignCorners))
        let classes = target.tensor.elements(Float.self).map { Int($0) }
        let values = resized.elements(Float.self)
        let largest = resized.max([1]).elements(Float.self)
        let pixels = to.height * to.width
        #expect(classes.indices.allSatisfy { values[classes[$0] * pixels + $0] >= largest[$0] - 1e-5 })
        let expected = resized.argmax(dimension: 1).elements(Int.self)
        #expect(zip(classes, expected).filter { $0 != $1 }.count <= pixels / 500)
      }
    }

    @Test func tiesGoToTheLowerIndex() throws {
      try KernelTests.rounds(1) { _, pool in
        let (source, target) = (KernelMap(.ones([1, 19, 3, 5])), KernelMap(12, 20, 1, type: CK_UINT8))
        var (sourceMap, targetMap) = (source.map, target.map)
        #expect(ck_argmax(pool, &sourceMap, &targetMap, false))
        #expect(target.tensor.max().item == 0)
      }
    }
  }
}
