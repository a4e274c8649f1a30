import CKernels
import Testing
import Torch

extension KernelTests {
  /// Against libtorch's pooling.
  @Suite struct PoolingTests {
    @Test(arguments: [CK_FLOAT32, CK_BFLOAT16]) func `pooling over windows matches libtorch`(type: ck_type) throws {
      try KernelTests.rounds(24) { draw, pool in
        let kernel = IntPair(draw.int(1...4), draw.int(1...4))
        let stride = IntPair(draw.int(1...3), draw.int(1...3))
        let padding = IntPair(draw.int(0...kernel.height / 2), draw.int(0...kernel.width / 2))
        let (ceil, countsPadding) = (draw.bool(), draw.bool())
        // Maps of few channels without gaps have kernels of their own.
        let hasFewChannels = draw.bool()
        let channels = draw.int(1...(hasFewChannels ? 4 : 40))
        let input = draw.tensor([1, channels, draw.int(4...15), draw.int(4...15)], type: type)
        let (maxima, indices) = input.maxPool2dWithIndices(
          kernel: kernel, stride: stride, padding: padding, ceilMode: ceil)
        let means = input.avgPool2d(
          kernel: kernel, stride: stride, padding: padding, ceilMode: ceil, countPadding: countsPadding)
        let size = maxima.spatialSize
        var window = ck_window(
          kernel_height: Int32(kernel.height), kernel_width: Int32(kernel.width), stride_height: Int32(stride.height),
          stride_width: Int32(stride.width), pad_top: Int32(padding.height), pad_left: Int32(padding.width),
          pad_bottom: Int32(padding.height), pad_right: Int32(padding.width), dilation_height: 1, dilation_width: 1,
          count_include_pad: countsPadding, rows: ck_rows())
        let from = KernelMap(input, type: type, gap: hasFewChannels ? 0 : draw.int(0...2))
        let to = KernelMap(size.height, size.width, channels, type: type, gap: draw.int(0...2))
        var (source, target) = (from.map, to.map)
        var found = [Int32](repeating: -1, count: maxima.shape.reduce(1, *))
        #expect(ck_max_pool(pool, &source, &target, &window, &found))
        KernelTests.expect(to, maxima, tolerance: 0)
        #expect(found.map(Int.init) == indices.permute([0, 2, 3, 1]).contiguous().elements(Int.self))

        let restored = KernelMap(input.shape[2], input.shape[3], input.shape[1], type: type, gap: 1)
        var whole = restored.map
        #expect(ck_max_unpool(pool, &target, &whole, found))
        KernelTests.expect(restored, maxima.maxUnpool2d(indices: indices, size: input.spatialSize), tolerance: 0)

        #expect(ck_average_pool(pool, &source, &target, &window))
        KernelTests.expect(to, means, tolerance: type == CK_FLOAT32 ? 1e-6 : 5e-3)

        // In two bands of rows.
        let cut = draw.int(1...size.height)
        for rows in [cut..<size.height, 0..<cut] where !rows.isEmpty {
          window.rows = ck_rows(begin: Int32(rows.lowerBound), end: Int32(rows.upperBound))
          #expect(ck_max_pool(pool, &source, &target, &window, nil))
        }
        KernelTests.expect(to, maxima, tolerance: 0)
      }
    }

    @Test func `positions outside the output are refused, and nothing is written`() throws {
      try KernelTests.rounds(2) { draw, pool in
        let input = draw.tensor([1, draw.int(1...20), 40, 50])
        let (source, target) = (KernelMap(input), KernelMap(80, 100, input.shape[1]))
        var (sourceMap, targetMap) = (source.map, target.map)
        #expect(ck_fill(pool, &targetMap, 5))
        var positions = [Int32](repeating: 0, count: input.shape.reduce(1, *))
        for position: Int32 in [-1, 8000] {
          let place = draw.int(0...positions.count - 1)
          positions[place] = position
          #expect(!ck_max_unpool(pool, &sourceMap, &targetMap, positions))
          #expect(
            String(cString: ck_last_error())
              == "max unpooling: position \(position), of element \(place), lies outside the output of 80x100")
          positions[place] = 7999
        }
        KernelTests.expect(
          target, Tensor([5], shape: [1, 1, 1, 1]).expand([1, input.shape[1], 80, 100]).contiguous(), tolerance: 0)
        #expect(ck_max_unpool(pool, &sourceMap, &targetMap, positions))
      }
    }

    @Test func `adaptive pooling matches libtorch`() throws {
      try KernelTests.rounds(8) { draw, pool in
        let input = draw.tensor([1, draw.int(1...40), draw.int(1...15), draw.int(1...15)])
        let size = draw.bool() ? IntPair(1) : IntPair(draw.int(1...8), draw.int(1...8))
        let (from, to) = (KernelMap(input, gap: 1), KernelMap(size.height, size.width, input.shape[1], gap: 2))
        var (source, target) = (from.map, to.map)
        #expect(ck_adaptive_average_pool(pool, &source, &target))
        KernelTests.expect(to, input.adaptiveAvgPool2d(size), tolerance: 1e-6)
        #expect(ck_adaptive_max_pool(pool, &source, &target))
        KernelTests.expect(to, input.adaptiveMaxPool2d(size), tolerance: 0)
      }
    }
  }
}
