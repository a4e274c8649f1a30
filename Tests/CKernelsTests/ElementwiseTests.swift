import CKernels
import Testing
import Torch

extension KernelTests {
  /// Against libtorch's arithmetic.
  @Suite struct ElementwiseTests {
    @Test func `arithmetic matches libtorch`() throws {
      try KernelTests.rounds(12) { draw, pool in
        let shape = [1, draw.int(1...40), draw.int(1...9), draw.int(1...9)]
        // Each size of an operand may be 1.
        var operand: Tensor {
          draw.tensor([1] + shape.dropFirst().map { draw.int(0...3) == 0 ? 1 : $0 })
        }
        let (a, b) = (operand, operand)
        let slopes = draw.tensor([shape[1]])
        let kind = draw.element(ConvolutionTests.kinds)
        let (op, result) = draw.element([
          (CK_ADD, a + b), (CK_SUBTRACT, a - b), (CK_MULTIPLY, a * b), (CK_MAXIMUM, maximum(a, b)),
          (CK_MINIMUM, minimum(a, b)),
        ])
        let whole = result.expand(shape).contiguous()
        let (first, second) = (KernelMap(a, gap: 1), KernelMap(b))
        let target = KernelMap(shape[2], shape[3], shape[1], gap: draw.int(0...2))
        var (firstMap, secondMap, targetMap) = (first.map, second.map, target.map)
        slopes.elements(Float.self).withUnsafeBufferPointer { values in
          var activation = ck_activation(kind: kind, a: -0.25, b: 0.75, slopes: values.baseAddress)
          #expect(ck_binary(pool, op, &firstMap, &secondMap, &targetMap, &activation))
        }
        KernelTests.expect(target, ConvolutionTests.activate(whole, kind, slopes: slopes), tolerance: 2e-6)
      }
    }

    @Test func `affine maps and softmax match libtorch`() throws {
      try KernelTests.rounds(8) { draw, pool in
        let shape = [1, draw.int(1...40), draw.int(1...9), draw.int(1...20)]
        let input = draw.tensor(shape, scale: 4)
        let (scale, shift) = (draw.tensor([shape[1]]), draw.tensor([shape[1]]))
        let (source, target) = (KernelMap(input), KernelMap(shape[2], shape[3], shape[1]))
        var (sourceMap, targetMap) = (source.map, target.map)
        #expect(
          ck_affine(pool, &sourceMap, &targetMap, scale.elements(Float.self), shift.elements(Float.self), nil))
        let channel = [1, shape[1], 1, 1]
        KernelTests.expect(target, input * scale.reshape(channel) + shift.reshape(channel), tolerance: 1e-6)
        #expect(ck_softmax(pool, &sourceMap, &targetMap))
        KernelTests.expect(target, input.softmax(dimension: 1), tolerance: 1e-6)
      }
    }

    @Test(arguments: [CK_FLOAT32, CK_BFLOAT16]) func `reductions over channels match libtorch`(type: ck_type) throws {
      try KernelTests.rounds(6) { draw, pool in
        let shape = [1, draw.int(1...70), draw.int(1...9), draw.int(1...20)]
        let input = draw.tensor(shape, scale: 4, type: type)
        let (source, target) = (
          KernelMap(input, type: type, gap: 1), KernelMap(shape[2], shape[3], 1, type: type, gap: 2)
        )
        var (sourceMap, targetMap) = (source.map, target.map)
        let tolerance = type == CK_FLOAT32 ? 1e-6 : 1e-2
        #expect(ck_reduce_channels(pool, &sourceMap, &targetMap, CK_MEAN))
        KernelTests.expect(target, input.mean([1], keep: true), tolerance: tolerance)
        #expect(ck_reduce_channels(pool, &sourceMap, &targetMap, CK_LARGEST))
        KernelTests.expect(target, input.max([1], keep: true), tolerance: tolerance)
        #expect(ck_reduce_channels(pool, &sourceMap, &targetMap, CK_SUM))
        KernelTests.expect(target, input.sum([1], keep: true), tolerance: tolerance * 10)
        #expect(ck_reduce_channels(pool, &sourceMap, &targetMap, CK_NORM))
        KernelTests.expect(target, input.norm([1], keep: true), tolerance: tolerance)
      }
    }

    /// A matrix is a map of one row, which threads share by pixels.
    @Test(arguments: [CK_FLOAT32, CK_BFLOAT16]) func `softmax of long rows matches libtorch`(type: ck_type) throws {
      try KernelTests.rounds(4) { draw, pool in
        let input = draw.tensor([1, draw.int(100...1000), 1, draw.int(30...60)], scale: 9, type: type)
        let source = KernelMap(input, type: type, gap: draw.int(0...1))
        let target = KernelMap(1, input.shape[3], input.shape[1], type: type, gap: draw.int(0...1))
        var (sourceMap, targetMap) = (source.map, target.map)
        #expect(ck_softmax(pool, &sourceMap, &targetMap))
        KernelTests.expect(target, input.softmax(dimension: 1), tolerance: type == CK_FLOAT32 ? 1e-6 : 4e-3)
      }
    }

    @Test func `shuffles, copies and padding match libtorch`() throws {
      try KernelTests.rounds(4) { draw, pool in
        let factor = draw.int(1...3)
        let shape = [1, draw.int(1...9) * factor * factor, draw.int(1...9), draw.int(1...20)]
        let input = draw.tensor(shape)
        let source = KernelMap(input, gap: 1)
        var sourceMap = source.map

        let shuffled = KernelMap(shape[2] * factor, shape[3] * factor, shape[1] / factor / factor, gap: 1)
        var target = shuffled.map
        #expect(ck_pixel_shuffle(pool, &sourceMap, &target, Int32(factor)))
        KernelTests.expect(shuffled, input.pixelShuffle(factor), tolerance: 0)

        let back = KernelMap(shape[2], shape[3], shape[1])
        target = back.map
        #expect(ck_from_planes(pool, input.elements(Float.self), &target))
        KernelTests.expect(back, input, tolerance: 0)

        let order = (0..<shape[1]).map { Int32((shape[1] - 1) - $0) }
        #expect(ck_permute_channels(pool, &sourceMap, &target, order))
        KernelTests.expect(back, input.flip([1]), tolerance: 0)

        let type = draw.element([CK_FLOAT32, CK_BFLOAT16])
        let halves = [0, 1].map { _ in draw.tensor(shape, type: type) }
        let interleaved = KernelMap(shape[2], shape[3], 2 * shape[1], type: type, gap: draw.int(0...1))
        let (first, second) = (KernelMap(halves[0], type: type, gap: 3), KernelMap(halves[1], type: type))
        var (firstMap, secondMap) = (first.map, second.map)
        target = interleaved.map
        #expect(ck_interleave_channels(pool, &firstMap, &secondMap, nil, &target))
        func pairs(_ first: Tensor, _ second: Tensor) -> Tensor {
          stack([first, second], dimension: 2).reshape([1, 2 * shape[1], shape[2], shape[3]])
        }
        KernelTests.expect(interleaved, pairs(halves[0], halves[1]), tolerance: 0)
        let factors = draw.tensor([1, shape[1], 1, 1], type: type)
        let scale = KernelMap(factors, type: type)
        var scaleMap = scale.map
        #expect(ck_interleave_channels(pool, &firstMap, &secondMap, &scaleMap, &target))
        let tolerance = type == CK_FLOAT32 ? 1e-7 : 4e-3
        KernelTests.expect(interleaved, pairs(halves[0], halves[1] * factors), tolerance: tolerance)
      }
    }

    @Test func `images are normalized`() throws {
      try KernelTests.rounds(2) { draw, pool in
        let image = Tensor((0..<3 * 5 * 37).map { Float($0 * 37 % 256) }, shape: [1, 3, 5, 37])
        let (source, target) = (KernelMap(image, type: CK_UINT8), KernelMap(5, 37, 3))
        var (sourceMap, targetMap) = (source.map, target.map)
        let (scale, shift) = ([0.017, 0.0175, 0.0174] as [Float], [-2.1, -2, -1.8] as [Float])
        #expect(ck_normalize_image(pool, &sourceMap, &targetMap, scale, shift))
        let expected = image * Tensor(scale, shape: [1, 3, 1, 1]) + Tensor(shift, shape: [1, 3, 1, 1])
        KernelTests.expect(target, expected, tolerance: 1e-6)
      }
    }
  }
}
