import CKernels
import Testing
import Torch

extension KernelTests {
  /// Maps of bytes, against libtorch's arithmetic on the numbers that they stand for.
  @Suite struct QuantizedTests {
    /// Bytes of any value with what they stand for, and the numbers.
    private func bytes(_ shape: [Int], _ draw: inout Draw) -> (KernelMap, ck_quantization, numbers: Tensor) {
      let values = Tensor((0..<shape.reduce(1, *)).map { _ in Float(draw.int(0...255)) }, shape: shape)
      let quantization = ck_quantization(
        scale: Float(draw.int(5...20)) / 1000, zero: draw.bool() ? 0 : Int32(draw.int(1...255)))
      let map = KernelMap(values, type: CK_UINT8, gap: draw.int(0...3))
      return (map, quantization, (values - Double(quantization.zero)) * Double(quantization.scale))
    }

    /// Maps of bytes hold the nearest of what bytes can stand for, give or take rounding at the half; others the numbers.
    private func expect(
      _ found: KernelMap, _ quantization: ck_quantization, _ numbers: Tensor, _ comment: Comment,
      tolerance: Double = 1e-5, sourceLocation: SourceLocation = #_sourceLocation
    ) {
      guard found.map.type == CK_UINT8 else {
        let isHalf = found.map.type == CK_BFLOAT16
        return KernelTests.expect(
          found, numbers, tolerance: isHalf ? 1e-2 : tolerance, comment, sourceLocation: sourceLocation)
      }
      let exact = (numbers / Double(quantization.scale) + Double(quantization.zero)).clamp(min: 0, max: 255)
      let error = (found.tensor - exact).abs().max().item
      #expect(error <= 0.5 + 2e-3, comment, sourceLocation: sourceLocation)
    }

    /// Weights of whole steps, the largest 127 of them, so that rounding them changes nothing. With `onlyLargest`, for
    /// kernels of which each part is scaled for itself, all have that size.
    private func weights(_ shape: [Int], onlyLargest: Bool, _ draw: inout Draw) -> Tensor {
      let row = shape.dropFirst().reduce(1, *)
      var values: [Float] = []
      for _ in 0..<shape[0] {
        let step = Float(draw.int(1...9)) / 2048
        for index in 0..<row {
          let isLargest = index == 0 || onlyLargest
          values.append(step * Float(isLargest ? (draw.bool() ? 127 : -127) : draw.int(-127...127)))
        }
      }
      return Tensor(values, shape: shape)
    }

    private func check(_ shape: ConvolutionShape, _ draw: inout Draw, _ pool: OpaquePointer) throws {
      let (kernel, stride, dilation) = (shape.kernel, shape.stride, shape.dilation)
      let (padding, size) = shape.drawSizes(&draw)
      let (input, inQuantization, numbers) = bytes([1, shape.inputs, size.height, size.width], &draw)
      let weight =
        shape.isTransposed
        ? weights([shape.outputs, shape.inputs, kernel.height, kernel.width], onlyLargest: true, &draw)
          .transpose(0, 1).contiguous()
        : weights(
          [shape.outputs, shape.inputs / shape.groups, kernel.height, kernel.width], onlyLargest: false, &draw)
      let bias = draw.bool() ? draw.tensor([shape.outputs]) : nil
      let slopes = draw.tensor([shape.outputs])
      let kind = draw.element(ConvolutionTests.kinds)
      // In float64: the kernels' sums are exact.
      let (x, w, b) = (numbers.to(dtype: .float64), weight.to(dtype: .float64), bias?.to(dtype: .float64))
      var expected =
        shape.isTransposed
        ? x.convTranspose2d(weight: w, bias: b, stride: stride, padding: padding)
        : x.conv2d(weight: w, bias: b, stride: stride, padding: padding, dilation: dilation, groups: shape.groups)
      expected = expected.to(dtype: .float32)
      let residualMode = draw.element([CK_RESIDUAL_NONE, CK_RESIDUAL_BEFORE, CK_RESIDUAL_AFTER])
      let residualType = draw.element([CK_UINT8, CK_FLOAT32, CK_BFLOAT16])
      var (addend, addendQuantization, residual) = bytes(expected.shape, &draw)
      if residualType != CK_UINT8 {
        residual = draw.tensor(expected.shape, type: residualType)
        addend = KernelMap(residual, type: residualType, gap: 1)
      }
      if residualMode == CK_RESIDUAL_BEFORE { expected = expected + residual }
      expected = ConvolutionTests.activate(expected, kind, slopes: slopes)
      if residualMode == CK_RESIDUAL_AFTER { expected = expected + residual }

      let outputs = expected.spatialSize
      let outType = draw.element([CK_UINT8, CK_UINT8, CK_FLOAT32, CK_BFLOAT16])
      let target = KernelMap(outputs.height, outputs.width, shape.outputs, type: outType, gap: draw.int(0...3))
      let outQuantization = ck_quantization(scale: 0.013, zero: draw.bool() ? 0 : 128)
      var desc = shape.description(from: size, padding: padding, to: outputs)
      desc.residual = residualMode
      (desc.type, desc.out_type, desc.residual_type) = (CK_UINT8, outType, residualType)
      (desc.in_quantization, desc.out_quantization) = (inQuantization, outQuantization)
      desc.residual_quantization = addendQuantization
      shape.run(
        desc, weight: weight, bias: bias, activation: kind, slopes: slopes, input: input, residual: addend,
        output: target, &draw, pool)
      expect(
        target, outQuantization, expected,
        "\(shape), \(size), activation \(kind.rawValue), residual \(residualMode.rawValue), isa \(ck_current_isa())")
    }

    @Test func `dense convolutions of bytes match libtorch`() throws {
      try KernelTests.rounds(24) { draw, pool in
        let shape = ConvolutionShape(
          kernel: IntPair(draw.int(1...4), draw.int(1...5)), stride: IntPair(draw.int(1...3), draw.int(1...3)),
          dilation: IntPair(draw.int(1...3), draw.int(1...3)), inputs: draw.element([3, 7, 16, 20, 33]),
          outputs: draw.element([1, 12, 19, 20, 32, 48, 67]))
        try check(shape, &draw, pool)
      }
    }

    @Test func `pointwise convolutions of bytes match libtorch`() throws {
      try KernelTests.rounds(12) { draw, pool in
        let inputs = draw.bool() ? draw.int(1...70) : 4 * draw.int(1...20)
        try check(
          ConvolutionShape(kernel: 1, stride: IntPair(draw.int(1...2)), inputs: inputs, outputs: draw.int(1...70)),
          &draw, pool)
      }
    }

    /// Weights too large for the cache are used for several rows at a time.
    @Test func `convolutions of bytes with many channels match libtorch`() throws {
      try KernelTests.rounds(2) { draw, pool in
        try check(
          ConvolutionShape(kernel: 3, stride: IntPair(draw.int(1...2)), inputs: 256, outputs: 130), &draw, pool)
      }
    }

    @Test func `grouped convolutions of bytes match libtorch`() throws {
      try KernelTests.rounds(24) { draw, pool in
        let isDepthwise = draw.bool()
        let groups = isDepthwise ? draw.int(2...140) : draw.int(2...5)
        let shape = ConvolutionShape(
          kernel: IntPair(draw.int(1...5), 3), stride: IntPair(draw.int(1...2)), dilation: IntPair(draw.int(1...4)),
          groups: groups, inputs: groups * (isDepthwise ? 1 : draw.int(1...17)),
          outputs: groups * (isDepthwise ? 1 : draw.int(1...17)))
        try check(shape, &draw, pool)
      }
    }

    /// Each phase of the stride scales its own weights.
    @Test func `transposed convolutions of bytes match libtorch`() throws {
      try KernelTests.rounds(12) { draw, pool in
        let shape = ConvolutionShape(
          kernel: IntPair(draw.int(2...5), draw.int(2...4)), stride: IntPair(draw.int(1...3), draw.int(1...2)),
          inputs: draw.int(1...20), outputs: draw.int(1...40), isTransposed: true)
        try check(shape, &draw, pool)
      }
    }

    @Test func `affine maps from and to bytes match libtorch`() throws {
      try KernelTests.rounds(12) { draw, pool in
        let shape = [1, draw.int(1...70), draw.int(1...9), draw.int(1...20)]
        let (source, quantization, numbers) = bytes(shape, &draw)
        let floats = KernelMap(numbers, gap: draw.int(0...2))
        let (scale, shift, slopes) = (draw.tensor([shape[1]]), draw.tensor([shape[1]]), draw.tensor([shape[1]]))
        let kind = draw.element(ConvolutionTests.kinds)
        var (from, to) = (quantization, ck_quantization(scale: 0.011, zero: draw.bool() ? 0 : 100))
        let channel = [1, shape[1], 1, 1]
        let expected = ConvolutionTests.activate(
          numbers * scale.reshape(channel) + shift.reshape(channel), kind, slopes: slopes)
        for input in [source, floats] {
          for type in [CK_UINT8, CK_FLOAT32, CK_BFLOAT16] {
            let target = KernelMap(shape[2], shape[3], shape[1], type: type, gap: draw.int(0...2))
            var (inMap, outMap) = (input.map, target.map)
            slopes.elements(Float.self).withUnsafeBufferPointer { values in
              var activation = ck_activation(kind: kind, a: -0.25, b: 0.75, slopes: values.baseAddress)
              #expect(
                ck_affine_quantized(
                  pool, &inMap, &from, &outMap, &to, scale.elements(Float.self), shift.elements(Float.self),
                  &activation))
            }
            expect(target, to, expected, "activation \(kind.rawValue), type \(type.rawValue)")
            #expect(ck_affine_quantized(pool, &inMap, &from, &outMap, &to, nil, nil, nil))
            expect(target, to, numbers, "type \(type.rawValue)")
          }
        }
      }
    }

    @Test func `arithmetic of bytes matches libtorch`() throws {
      try KernelTests.rounds(12) { draw, pool in
        let shape = [1, draw.int(1...70), draw.int(1...9), draw.int(1...9)]
        // Each size of an operand may be 1.
        func operand(_ draw: inout Draw) -> (KernelMap, ck_quantization, numbers: Tensor) {
          bytes([1] + shape.dropFirst().map { draw.int(0...3) == 0 ? 1 : $0 }, &draw)
        }
        var (first, firstQuantization, a) = operand(&draw)
        var (second, secondQuantization, b) = operand(&draw)
        let slopes = draw.tensor([shape[1]])
        let kind = draw.element(ConvolutionTests.kinds)
        let (op, result) = draw.element([(CK_ADD, a + b), (CK_SUBTRACT, a - b), (CK_MULTIPLY, a * b)])
        let target = KernelMap(shape[2], shape[3], shape[1], type: CK_UINT8, gap: draw.int(0...2))
        var to = ck_quantization(scale: 0.017, zero: 90)
        var (firstMap, secondMap, targetMap) = (first.map, second.map, target.map)
        slopes.elements(Float.self).withUnsafeBufferPointer { values in
          var activation = ck_activation(kind: kind, a: -0.25, b: 0.75, slopes: values.baseAddress)
          #expect(
            ck_binary_quantized(
              pool, op, &firstMap, &firstQuantization, &secondMap, &secondQuantization, &targetMap, &to, &activation))
        }
        withExtendedLifetime((first, second)) {}
        let whole = result.expand(shape).contiguous()
        expect(target, to, ConvolutionTests.activate(whole, kind, slopes: slopes), "activation \(kind.rawValue)")
      }
    }

    /// Operators whose results stand for the same numbers need no quantization, so bytes are taken as numbers here.
    @Test func `pooling and resizing of bytes match libtorch`() throws {
      let plain = ck_quantization(scale: 1, zero: 0)
      try KernelTests.rounds(8) { draw, pool in
        let shape = [1, draw.int(1...140), draw.int(3...12), draw.int(3...20)]
        let numbers = Tensor((0..<shape.reduce(1, *)).map { _ in Float(draw.int(0...255)) }, shape: shape)
        let source = KernelMap(numbers, type: CK_UINT8, gap: draw.int(0...3))
        func run(
          _ height: Int, _ width: Int, _ expected: Tensor, type: ck_type = CK_UINT8,
          _ kernel: (inout ck_map, inout ck_map) -> Bool
        ) {
          let target = KernelMap(height, width, shape[1], type: type, gap: 1)
          var (from, to) = (source.map, target.map)
          #expect(kernel(&from, &to), "\(String(cString: ck_last_error()))")
          expect(target, plain, expected, "\(height)x\(width) of \(shape), type \(type.rawValue)", tolerance: 1e-4)
        }
        let (height, width) = (shape[2], shape[3])
        var window = ck_window(
          kernel_height: 3, kernel_width: 3, stride_height: 2, stride_width: 2, pad_top: 1, pad_left: 1, pad_bottom: 1,
          pad_right: 1, dilation_height: 1, dilation_width: 1, count_include_pad: false, rows: ck_rows())
        let (halfHeight, halfWidth) = ((height + 1) / 2, (width + 1) / 2)
        var positions = [Int32](repeating: 0, count: shape[1] * halfHeight * halfWidth)
        let pooled = KernelMap(halfHeight, halfWidth, shape[1], type: CK_UINT8)
        var (fromMap, pooledMap) = (source.map, pooled.map)
        #expect(ck_max_pool(pool, &fromMap, &pooledMap, &window, &positions))
        let (values, indices) = numbers.maxPool2dWithIndices(kernel: 3, stride: 2, padding: 1)
        expect(pooled, plain, values, "pooled with positions")
        // Elsewhere lies the given byte: 7 here, as if it stood for zero.
        let unpooled = (values - 7).maxUnpool2d(indices: indices, size: ImageSize(height: height, width: width)) + 7
        run(height, width, unpooled) { ck_max_unpool_quantized(pool, &pooledMap, &$1, positions, 7) }
        run(halfHeight, halfWidth, numbers.maxPool2d(kernel: 3, stride: 2, padding: 1)) {
          ck_max_pool(pool, &$0, &$1, &window, nil)
        }
        // In two bands of rows.
        func bands(_ height: Int) -> [ck_rows] {
          let cut = Int32(draw.int(1...height - 1))
          return [ck_rows(begin: cut, end: Int32(height)), ck_rows(begin: 0, end: cut)]
        }
        run(halfHeight, halfWidth, numbers.maxPool2d(kernel: 3, stride: 2, padding: 1)) { from, to in
          bands(halfHeight).allSatisfy { rows in
            window.rows = rows
            return ck_max_pool(pool, &from, &to, &window, nil)
          }
        }
        window.rows = ck_rows()
        (window.pad_top, window.pad_left, window.pad_bottom, window.pad_right) = (0, 0, 0, 0)
        run((height - 3) / 2 + 1, (width - 3) / 2 + 1, numbers.avgPool2d(kernel: 3, stride: 2)) {
          ck_average_pool(pool, &$0, &$1, &window)
        }
        for type in [CK_UINT8, CK_FLOAT32, CK_BFLOAT16] {
          run(1, 1, numbers.adaptiveAvgPool2d(1), type: type) { ck_adaptive_average_pool(pool, &$0, &$1) }
          run(2, 3, numbers.adaptiveAvgPool2d([2, 3]), type: type) { ck_adaptive_average_pool(pool, &$0, &$1) }
        }
        var resizing = ck_resizing()
        resizing.is_nearest = true
        run(2 * height, 2 * width, numbers.upsampleNearest2d(size: ImageSize(height: 2 * height, width: 2 * width))) {
          ck_resize(pool, &$0, &$1, &resizing, nil, ck_rows(begin: 0, end: $1.height))
        }
        let size = ImageSize(height: draw.int(1...30), width: draw.int(1...30))
        (resizing.is_nearest, resizing.align_corners) = (false, draw.bool())
        let corners = resizing.align_corners
        run(size.height, size.width, numbers.upsampleBilinear2d(size: size, alignCorners: corners)) {
          ck_resize(pool, &$0, &$1, &resizing, nil, ck_rows(begin: 0, end: $1.height))
        }
        run(
          2 * height, width,
          numbers.upsampleBilinear2d(size: ImageSize(height: 2 * height, width: width), alignCorners: corners)
        ) {
          from, to in bands(2 * height).allSatisfy { ck_resize(pool, &from, &to, &resizing, nil, $0) }
        }
      }
    }

    @Test func `bytes without a quantization are refused`() throws {
      let pool = try #require(ck_pool_create(1))
      defer { ck_pool_free(pool) }
      var desc = ck_conv_desc()
      (desc.in_height, desc.in_width, desc.in_channels) = (1, 1, 1)
      (desc.out_height, desc.out_width, desc.out_channels) = (1, 1, 1)
      (desc.kernel_height, desc.kernel_width, desc.stride_height, desc.stride_width) = (1, 1, 1, 1)
      (desc.dilation_height, desc.dilation_width, desc.groups, desc.type) = (1, 1, 1, CK_UINT8)
      #expect(ck_conv_create(&desc, [1], nil) == nil)
      #expect(String(cString: ck_last_error()) == "convolution, input: bytes with a scale of 0 and a zero of 0")
      let (a, b) = (KernelMap(2, 2, 3, type: CK_UINT8), KernelMap(2, 2, 3))
      var (bytes, floats) = (a.map, b.map)
      #expect(!ck_affine_quantized(pool, &bytes, nil, &floats, nil, nil, nil, nil))
      #expect(String(cString: ck_last_error()) == "affine map, input: bytes without a quantization")
      var resizing = ck_resizing()
      #expect(!ck_resize(pool, &bytes, &bytes, &resizing, &bytes, ck_rows(begin: 0, end: 2)))
      #expect(String(cString: ck_last_error()) == "resizing: an operand or an activation on bytes")
      resizing.op = CK_DIVIDE
      #expect(!ck_resize(pool, &floats, &floats, &resizing, &floats, ck_rows(begin: 0, end: 2)))
      #expect(String(cString: ck_last_error()) == "resizing: operator 3")
    }
  }
}
