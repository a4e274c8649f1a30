import ONNX
import SegmentationInference
import Torch

extension ONNXGraphWriter {
  mutating func write(_ resize: Graph.Resize) throws(ExchangeError) -> String {
    guard resize.operand == nil else { throw refusal("has another map as its operand") }
    let (input, shape) = (read(resize.input), graph[resize.input].shape)
    if network.shapes(of: resize.input).allSatisfy({ $0[2] == 1 && $0[3] == 1 }) {
      // Every pixel of the result is the input's only one.
      let target: [Dimension] = [.constant(1), .constant(1), try dimension(2), try dimension(3)]
      return builder.emit("Expand", [input, vector(target)])
    }
    let attributes: [ONNXAttribute]
    switch resize.mode {
    case .nearest:
      attributes = [
        .string("mode", "nearest"), .string("coordinate_transformation_mode", "asymmetric"),
        .string("nearest_mode", "floor"),
      ]
    case .bilinear(let alignCorners):
      attributes = [
        .string("mode", "linear"),
        .string("coordinate_transformation_mode", alignCorners ? "align_corners" : "half_pixel"),
      ]
    case .bicubic(let alignCorners):
      attributes = [
        .string("mode", "cubic"), .float("cubic_coeff_a", -0.75),
        .string("coordinate_transformation_mode", alignCorners ? "align_corners" : "half_pixel"),
      ]
    case .antialiasedBicubic:
      let high = builder.emit("MatMul", [try cubicShares(resize.input, axis: 2), input])
      let across = builder.emit("Transpose", [try cubicShares(resize.input, axis: 3)], [.ints("perm", [1, 0])])
      return builder.emit("MatMul", [high, across])
    }
    if let rows = wholeFactor(resize.input, axis: 2), let columns = wholeFactor(resize.input, axis: 3) {
      let scales = builder.floats([1, 1, Float(rows), Float(columns)], shape: [4])
      return builder.emit("Resize", [input, "", scales], attributes)
    }
    var dimensions: [Dimension] = [.constant(shape[0]), .constant(shape[1]), try dimension(2), try dimension(3)]
    if network.constantLength(of: resize.input, axis: 0) == nil { dimensions[0] = .size(of: resize.input, axis: 0) }
    return builder.emit("Resize", [input, "", "", vector(dimensions)], attributes)
  }

  /// The whole number by which a dimension grows in all graphs.
  private func wholeFactor(_ input: Graph.ValueID, axis: Int) -> Int? {
    let pairs = zip(network.lengths(of: input, axis: axis), network.lengths(of: node.output, axis: axis))
    let factors = pairs.map { $1 % $0 == 0 ? $1 / $0 : 0 }
    return factors[0] > 0 && factors.allSatisfy { $0 == factors[0] } ? factors[0] : nil
  }

  /// The weights of an axis's pixels for each of the result's, [result, input], computed when the file runs. ONNX's own
  /// operator for it is missing in most runtimes. `GraphPass.expandCubicResizing` has the formula.
  private mutating func cubicShares(_ input: Graph.ValueID, axis: Int) throws(ExchangeError) -> String {
    let lengths = [length(.size(of: input, axis: axis)), length(try dimension(axis))]
    let (one, float) = (builder.float(1), ONNXAttribute.int("to", ONNXTensor.ElementType.float.rawValue))
    func apply(_ type: String, _ left: String, _ right: Double, _ builder: inout ONNXBuilder) -> String {
      builder.emit(type, [left, builder.float(right)])
    }
    /// The centers of the pixels, [1, input] or [result, 1].
    func centers(_ index: Int, _ builder: inout ONNXBuilder) -> String {
      let count = builder.emit("Squeeze", [lengths[index], builder.ints([0])])
      let range = builder.emit("Range", [builder.int(0), count, builder.int(1)])
      let column = builder.emit("Unsqueeze", [range, builder.ints([index])])
      return apply("Add", builder.emit("Cast", [column], [float]), 0.5, &builder)
    }
    let floats = lengths.map { builder.emit("Cast", [$0], [float]) }
    let scale = builder.emit("Div", floats)
    let positions = builder.emit("Mul", [centers(1, &builder), scale])
    let offsets = builder.emit("Sub", [centers(0, &builder), positions])
    let distances = builder.emit("Div", [builder.emit("Abs", [offsets]), builder.emit("Max", [scale, one])])
    // One polynomial up to 1 and one up to 2, each of which is 0 at its end.
    let near = builder.emit("Clip", [distances, builder.float(0), one])
    let far = builder.emit("Clip", [distances, one, builder.float(2)])
    var inner = apply("Sub", apply("Mul", near, 1.5, &builder), 2.5, &builder)
    inner = apply("Add", builder.emit("Mul", [builder.emit("Mul", [inner, near]), near]), 1, &builder)
    var outer = apply("Add", apply("Mul", far, -0.5, &builder), 2.5, &builder)
    outer = apply("Sub", builder.emit("Mul", [outer, far]), 4, &builder)
    outer = apply("Add", builder.emit("Mul", [outer, far]), 2, &builder)
    let weights = builder.emit("Add", [inner, outer])
    return builder.emit("Div", [weights, reduce("ReduceSum", weights, axes: [1], keepsAxes: true)])
  }

  // MARK: - Unpooling

  /// Max unpooling whose windows lie beside each other. ONNX's operator for it is missing in most runtimes, so each of the
  /// window's pixels becomes a map of its own: it has the value if it is the first one that equals the largest.
  mutating func write(_ unpool: Graph.Unpool) throws(ExchangeError) -> String {
    guard let pooling = graph.nodes[..<index].last(where: { $0.outputs.contains(unpool.positions) }),
      case .pool(let pool) = pooling.operator, pool.kernel == pool.stride, pool.kernel.height == pool.kernel.width,
      pool.padding == 0, pool.dilation == 1,
      zip(network.shapes(of: pool.input), network.shapes(of: pooling.output)).allSatisfy({ input, output in
        input[2] == output[2] * pool.kernel.height && input[3] == output[3] * pool.kernel.width
      }),
      network.shapes(of: pool.input).map({ $0.suffix(2) }) == network.shapes(of: node.output).map({ $0.suffix(2) })
    else { throw refusal("needs the positions of a pooling whose windows overlap or have borders") }
    let size = pool.kernel.height
    let block = ONNXAttribute.int("blocksize", size)
    let channels = graph[pool.input].shape[1]
    let spread = builder.emit("SpaceToDepth", [read(pool.input)], [block])
    let sizes = builder.ints([Int](repeating: channels, count: size * size))
    let pixels = builder.emit("Split", [spread, sizes], [.int("axis", 1)], results: size * size)
    let (largest, values) = (builder.emit("Max", pixels), read(unpool.input))
    let zero = builder.float(0)
    var found: String?
    var parts: [String] = []
    for pixel in pixels {
      let isLargest = builder.emit("Equal", [pixel, largest])
      var isFirst = isLargest
      if let found { isFirst = builder.emit("And", [isLargest, builder.emit("Not", [found])]) }
      parts.append(builder.emit("Where", [isFirst, values, zero]))
      found = found.map { builder.emit("Or", [$0, isLargest]) } ?? isLargest
    }
    let joined = builder.emit("Concat", parts, [.int("axis", 1)])
    return builder.emit("DepthToSpace", [joined], [block, .string("mode", "DCR")])
  }
}
