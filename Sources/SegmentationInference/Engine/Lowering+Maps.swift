import CKernels
import Torch

// Lowers element-wise operators, resizing, pooling and the class map.
extension Lowering {
  mutating func lowerAffine(_ node: Graph.Node) throws {
    let input = try operand(node.value("input")!, of: node)
    let output = make(node.output)
    guard areMaps(input, output), let activation = KernelActivation(node.activation, channels: output.channels, graph)
    else { return try lowerToLibtorch(node) }
    func vector(_ name: String) -> KernelArray<Float>? {
      guard let constant = node.value(name).flatMap({ graph[$0].constant }) else { return nil }
      let elements: [Float] = constant.elements()
      return KernelArray(elements.count == 1 ? Array(repeating: elements[0], count: output.channels) : elements)
    }
    let (scale, shift) = (vector("scale"), vector("shift"))
    if let from = input.quantization, let to = output.quantization {
      return add(node, [input], [output]) { pool in
        var function = activation.value
        let quantizations = KernelArray([from, to])
        return EngineStep(bands: .elementwise) { rows in
          withExtendedLifetime(activation) {
            withRows(rows, input, output) {
              ck_affine_bytes(
                pool.handle, $0, quantizations.pointer, $1, quantizations.pointer + 1, scale?.pointer, shift?.pointer,
                &function)
            }
          }
        }
      }
    }
    add(node, [input], [output], replaceable: [input]) { pool in
      var function = activation.value
      return EngineStep(bands: .elementwise) { rows in
        withExtendedLifetime(activation) {
          withRows(rows, input, output) {
            ck_affine(pool.handle, $0, $1, scale?.pointer, shift?.pointer, &function)
          }
        }
      }
    }
  }

  mutating func lowerBinary(_ node: Graph.Node) throws {
    let ids = [node.value("input")!, node.value("other")!]
    let resizes = ids.map { takeDeferred($0) }
    if let index = resizes.lastIndex(where: { $0 != nil }) {
      // If both operands are resized, the first becomes a map of its own and the second is resized on the way.
      if index == 1, let first = resizes[0] { try lowerPlainResize(first) }
      if try lowerResize(resizes[index]!, then: node, ids[1 - index]) { return }
      try lowerPlainResize(resizes[index]!)
    }
    if scalesShuffledHalf(node) { return postpone(node) }
    try lowerPlainBinary(node)
  }

  /// Whether a node multiplies each channel of the second of two maps by a number just before they are joined and
  /// shuffled.
  private func scalesShuffledHalf(_ node: Graph.Node) -> Bool {
    guard let join = soleReader(of: node), isShuffledJoin(join), join.values("tensors")?.last == node.output,
      node.string("operation") == "multiply", node.activation == .identity
    else { return false }
    let shape = shape(node.output)
    return self.shape(node.value("input")!) == shape && self.shape(node.value("other")!) == [1, shape[1], 1, 1]
  }

  mutating func lowerPlainBinary(_ node: Graph.Node) throws {
    let (a, b) = (try operand(node.value("input")!, of: node), try operand(node.value("other")!, of: node))
    let output = make(node.output)
    let operation: ck_operator
    switch node.string("operation") {
    case "add": operation = CK_ADD
    case "subtract": operation = CK_SUBTRACT
    case "multiply": operation = CK_MULTIPLY
    default: operation = CK_DIVIDE
    }
    guard areMaps(a, b, output), let activation = KernelActivation(node.activation, channels: output.channels, graph)
    else { return try lowerToLibtorch(node) }
    // An operand is either as high as the output or one row that serves every row of it.
    let heights = [a.height, b.height]
    let bands = RowBands { rows in heights.map { $0 == 1 ? 0..<1 : rows } }
    if let first = a.quantization, let second = b.quantization, let third = output.quantization {
      return add(node, [a, b], [output]) { pool in
        var function = activation.value
        let quantizations = KernelArray([first, second, third])
        return EngineStep(bands: bands) { rows in
          withExtendedLifetime(activation) {
            var (x, y, result) = (a.rows(rows), b.rows(rows), output.rows(rows))
            return ck_binary_bytes(
              pool.handle, operation, &x, quantizations.pointer, &y, quantizations.pointer + 1, &result,
              quantizations.pointer + 2, &function)
          }
        }
      }
    }
    let replaceable = a.root === b.root && a !== b ? [] : [a, b]
    add(node, [a, b], [output], replaceable: replaceable) { pool in
      var function = activation.value
      return EngineStep(bands: bands) { rows in
        withExtendedLifetime(activation) {
          var (x, y, result) = (a.rows(rows), b.rows(rows), output.rows(rows))
          return ck_binary(pool.handle, operation, &x, &y, &result, &function)
        }
      }
    }
  }

  /// Averages over regions of a map, which may be quantized; the result is not.
  mutating func lowerAdaptiveAverage(_ node: Graph.Node) throws {
    let input = try operand(node.inputs[0], of: node)
    let output = make(node.output)
    guard input.isMap, output.isMap, output.type == type else { return try lowerToLibtorch(node) }
    guard let quantization = input.quantization else {
      return add(node, [input], [output]) { pool in
        EngineStep { ck_adaptive_average_pool(pool.handle, input.map, output.map) }
      }
    }
    add(node, [input], [output]) { pool in
      let scale = KernelArray([Float](repeating: quantization.scale, count: output.channels))
      let shift = KernelArray(
        [Float](repeating: -quantization.scale * Float(quantization.zero), count: output.channels))
      return EngineStep {
        ck_adaptive_average_pool(pool.handle, input.map, output.map)
          && ck_affine(pool.handle, output.map, output.map, scale.pointer, shift.pointer, nil)
      }
    }
  }

  mutating func lowerResize(_ node: Graph.Node) throws {
    let operations = ["add", "multiply"]
    if let reader = soleReader(of: node), reader.kind == .binary,
      reader.string("operation").map(operations.contains) == true,
      shape(reader.value("input")!) == shape(reader.value("other")!)
    {
      return postpone(node)
    }
    try lowerPlainResize(node)
  }

  private mutating func lowerPlainResize(_ node: Graph.Node) throws {
    let input = try operand(node.value("input")!, of: node)
    let output = make(node.output)
    guard areMaps(input, output) else { return try lowerToLibtorch(node) }
    addResize(node, node, input, nil, KernelActivation(.identity, channels: output.channels, graph)!, output)
  }

  /// Resizes a map on the way into a sum or a product with another map.
  /// - Returns: False if there is no kernel for it.
  private mutating func lowerResize(
    _ resize: Graph.Node, then node: Graph.Node, _ other: Graph.ValueID
  ) throws -> Bool {
    let (input, operand) = (try operand(resize.value("input")!, of: resize), try operand(other, of: node))
    let output = make(node.output)
    guard areMaps(input, operand, output),
      let activation = KernelActivation(node.activation, channels: output.channels, graph)
    else { return false }
    addResize(resize, node, input, operand, activation, output)
    return true
  }

  private mutating func addResize(
    _ resize: Graph.Node, _ node: Graph.Node, _ input: EngineTensor, _ operand: EngineTensor?,
    _ activation: KernelActivation, _ output: EngineTensor
  ) {
    var resizing = ck_resizing()
    resizing.is_nearest = resize.string("mode") == "nearest"
    resizing.align_corners = resize.bool("align_corners") ?? false
    resizing.op = node.string("operation") == "multiply" ? CK_MULTIPLY : CK_ADD
    resizing.activation = activation.value
    let kernel = KernelName(operand == nil ? "kernel" : "with resizing")
    let operands = operand.map { [$0] } ?? []
    let replaceable = operands.filter { $0.root !== input.root }
    add(node, [input] + operands, [output], kernel: kernel, replaceable: replaceable) { pool in
      let (from, to) = (input.height, output.height)
      // A row of the output lies between two rows of the input. One more row on each side leaves room for rounding.
      let bands = RowBands { rows in
        [rows.lowerBound * from / to - 2..<(rows.upperBound * from + to - 1) / to + 2, rows]
      }
      return EngineStep(bands: bands) { rows in
        withExtendedLifetime(activation) {
          ck_resize(pool.handle, input.map, output.map, &resizing, operand?.map, ck_rows(rows ?? 0..<to))
        }
      }
    }
  }

  mutating func lowerArgmax(_ node: Graph.Node) throws {
    let input = try tensor(node.value("input")!)
    let shape = shape(node.output)
    let output = EngineTensor(.map(height: shape[1], width: shape[2], channels: 1), type: CK_UINT8)
    set(node.output, output)
    let alignCorners = node.bool("align_corners") ?? false
    guard areMaps(input), input.channels <= 256 else { throw unsupported(node, "more than 256 classes") }
    let isSameSize = input.height == output.height && input.width == output.width
    add(node, [input], [output]) { pool in
      EngineStep(bands: isSameSize ? .elementwise : nil) { rows in
        withRows(rows, input, output) { ck_argmax(pool.handle, $0, $1, alignCorners) }
      }
    }
  }

  mutating func lowerPool(_ node: Graph.Node) throws {
    let input = try operand(node.inputs[0], of: node)
    let output = make(node.outputs[0])
    guard areMaps(input, output) else { return try lowerToLibtorch(node) }
    func pair(_ name: String) -> [Int32]? {
      guard let list = node.ints(name), !list.isEmpty else { return nil }
      return [Int32(list[0]), Int32(list[list.count - 1])]
    }
    let kernel = pair("kernel_size")!
    let stride = pair("stride") ?? kernel
    let padding = pair("padding") ?? [0, 0]
    let dilation = pair("dilation") ?? [1, 1]
    var window = ck_window()
    (window.kernel_height, window.kernel_width) = (kernel[0], kernel[1])
    (window.stride_height, window.stride_width) = (stride[0], stride[1])
    (window.pad_top, window.pad_left) = (padding[0], padding[1])
    (window.pad_bottom, window.pad_right) = (padding[0], padding[1])
    (window.dilation_height, window.dilation_width) = (dilation[0], dilation[1])
    window.count_include_pad = node.bool("count_include_pad") ?? true
    if node.name == "avg_pool2d" {
      guard node.int("divisor_override") == nil else { return try lowerToLibtorch(node) }
      add(node, [input], [output]) { pool in
        var window = window
        return EngineStep(bands: RowBands(window)) { rows in
          window.rows = ck_rows(rows ?? 0..<output.height)
          return ck_average_pool(pool.handle, input.map, output.map, &window)
        }
      }
      return
    }
    // The positions of the largest values: 32-bit integers of shape [height, width, channels].
    let needsIndices = node.outputs.count > 1 && isRead(node.outputs[1])
    let indices = needsIndices ? EngineTensor(.plain([output.count])) : nil
    if let indices { set(node.outputs[1], indices) }
    add(node, [input], [output] + (indices.map { [$0] } ?? [])) { pool in
      var window = window
      return EngineStep(bands: indices == nil ? RowBands(window) : nil) { rows in
        window.rows = ck_rows(rows ?? 0..<output.height)
        let positions = indices?.data.assumingMemoryBound(to: Int32.self)
        return ck_max_pool(pool.handle, input.map, output.map, &window, positions)
      }
    }
  }

  mutating func lowerUnpool(_ node: Graph.Node) throws {
    let input = try operand(node.inputs[0], of: node)
    let indices = try tensor(node.inputs[1])
    let output = make(node.output)
    guard areMaps(input, output) else { throw unsupported(node, "maps of this shape") }
    add(node, [input, indices], [output]) { pool in
      EngineStep {
        let positions = UnsafePointer(indices.data.assumingMemoryBound(to: Int32.self))
        if let zero = input.quantization?.zero {
          return ck_max_unpool_bytes(pool.handle, input.map, output.map, positions, UInt8(zero))
        }
        return ck_max_unpool(pool.handle, input.map, output.map, positions)
      }
    }
  }
}
