import Torch

// Rewrites operators on maps: pooling, resizing, and those that come as several of libtorch's.
extension GraphRewriter {
  /// Emits a node in the graph's own form.
  /// - Returns: False if there is none.
  mutating func pooling(_ call: Graph.LibtorchCall, _ node: Graph.Node) -> Bool {
    guard let input = node.inputs.first, self[input].shape.count == 4 else { return false }
    let (shape, result) = (self[input].shape, self[node.output].shape)
    var outputs = [node.output]
    let form: Graph.Operator
    switch call.name {
    case "max_pool2d", "max_pool2d_with_indices":
      form = .pool(pool(call, input, .max))
      if node.outputs.count > 1, isRead(node.outputs[1]) { outputs = node.outputs }
    case "avg_pool2d":
      guard call.int("divisor_override") == nil else { return false }
      form = .pool(pool(call, input, .average(countsPadding: call.bool("count_include_pad") ?? true)))
    case "adaptive_avg_pool2d": form = adaptiveAverage(of: input, result)
    case "adaptive_max_pool2d":
      guard !node.outputs.dropFirst().contains(where: isRead) else { return false }
      form = .adaptivePool(Graph.AdaptivePool(input: input, kind: .max))
    case "max_unpool2d": form = .unpool(Graph.Unpool(input: input, positions: node.inputs[1]))
    case "pixel_shuffle": form = .pixelShuffle(Graph.PixelShuffle(input: input, factor: result[2] / shape[2]))
    case "expand", "expand_as":
      guard shape[2] == 1, shape[3] == 1, shape[..<2] == result[..<2] else { return false }
      form = .resize(Graph.Resize(input: input, mode: .nearest))
    case "upsample_bicubic2d":
      guard call.doubles("scale_factors") == nil, let alignCorners = call.bool("align_corners") else { return false }
      emitCubicResizing(of: input, alignCorners: alignCorners, as: node.output)
      return true
    case "upsample_bilinear2d", "upsample_nearest2d":
      let alignCorners = call.bool("align_corners") ?? false
      // Factors that do not give the output's size exactly would sample at other positions.
      if let scales = call.doubles("scale_factors"), !alignCorners,
        Double(shape[2]) * scales[0] != Double(result[2]) || Double(shape[3]) * scales[1] != Double(result[3])
      {
        return false
      }
      let isNearest = call.name == "upsample_nearest2d"
      form = .resize(
        Graph.Resize(input: input, mode: isNearest ? .nearest : .bilinear(alignCorners: alignCorners)))
    default: return false
    }
    emit(Graph.Node(form, outputs: outputs, module: node.module))
    return true
  }

  private func pool(_ call: Graph.LibtorchCall, _ input: Graph.ValueID, _ kind: Graph.Pool.Kind) -> Graph.Pool {
    let kernel = call.pair("kernel_size", or: 1)
    return Graph.Pool(
      input: input, kind: kind, kernel: kernel, stride: call.pair("stride", or: kernel),
      padding: call.pair("padding", or: 0), dilation: call.pair("dilation", or: 1))
  }

  /// The mean of each cell: a pooling with equal windows, if the cells are equal.
  private func adaptiveAverage(of input: Graph.ValueID, _ result: [Int]) -> Graph.Operator {
    let shape = self[input].shape
    let window = IntPair(shape[2] / result[2], shape[3] / result[3])
    let isEven = window.height * result[2] == shape[2] && window.width * result[3] == shape[3]
    guard isEven, result[2] > 1 || result[3] > 1 else {
      return .adaptivePool(Graph.AdaptivePool(input: input, kind: .average))
    }
    return .pool(
      Graph.Pool(input: input, kind: .average(countsPadding: true), kernel: window, stride: window))
  }

  /// Emits cubic resizing as a product with a matrix along each axis. The maps are seen with their channels innermost, as
  /// they lie in memory.
  private mutating func emitCubicResizing(of input: Graph.ValueID, alignCorners: Bool, as output: Graph.ValueID) {
    let (from, to) = (self[input].shape, self[output].shape)
    let dtype = self[input].dtype
    func value(_ shape: [Int]) -> Graph.ValueID { addValue(shape, dtype: dtype) }
    func matrix(_ axis: Int) -> Graph.ValueID {
      let weights = cubicWeights(from[axis], to: to[axis], alignCorners: alignCorners)
      return addConstant(Tensor(weights, shape: [to[axis], from[axis]]))
    }
    func emitProduct(_ left: Graph.ValueID, _ right: Graph.ValueID, _ shape: [Int]) -> Graph.ValueID {
      let product = value(shape)
      emit(Graph.Node(.matmul(Graph.MatrixProduct(left: left, right: right)), output: product))
      return product
    }
    func emitReshaped(_ id: Graph.ValueID, _ shape: [Int]) -> Graph.ValueID {
      let result = value(shape)
      emitReshape(id, as: result)
      return result
    }
    let (images, channels) = (from[0], from[1])
    let last = value([images, from[2], from[3], channels])
    emit(Graph.Node(.permute(Graph.Permute(input: input, order: [0, 2, 3, 1])), output: last))
    let rows = emitReshaped(last, [images, from[2], from[3] * channels])
    let high = emitProduct(matrix(2), rows, [images, to[2], from[3] * channels])
    let columns = emitReshaped(high, [images * to[2], from[3], channels])
    let wide = emitProduct(matrix(3), columns, [images * to[2], to[3], channels])
    let map = emitReshaped(wide, [images, to[2], to[3], channels])
    emit(Graph.Node(.permute(Graph.Permute(input: map, order: [0, 3, 1, 2])), output: output))
  }

  /// The weights of `length` pixels for each of `count` pixels, row by row, as libtorch interpolates with a = -0.75. Pixels
  /// beyond the edge are those at the edge.
  private func cubicWeights(_ length: Int, to count: Int, alignCorners: Bool) -> [Float] {
    let a = -0.75
    var matrix = [Float](repeating: 0, count: count * length)
    for index in 0..<count {
      let position =
        alignCorners
        ? (count > 1 ? Double(index * (length - 1)) / Double(count - 1) : 0)
        : (Double(index) + 0.5) * Double(length) / Double(count) - 0.5
      let first = Int(position.rounded(.down))
      let t = position - Double(first)
      for (offset, distance) in [1 + t, t, 1 - t, 2 - t].enumerated() {
        let d = distance
        let weight = d <= 1 ? ((a + 2) * d - (a + 3)) * d * d + 1 : ((a * d - 5 * a) * d + 8 * a) * d - 4 * a
        matrix[index * length + min(max(first - 1 + offset, 0), length - 1)] += Float(weight)
      }
    }
    return matrix
  }

  /// Emits the mean over height and width, which libtorch may drop from the shape.
  mutating func emitGlobalMean(of input: Graph.ValueID, as output: Graph.ValueID) {
    let shape = Array(self[input].shape[..<2]) + [1, 1]
    let mean = self[output].shape == shape ? output : addValue(shape, dtype: self[input].dtype)
    emit(Graph.Node(.adaptivePool(Graph.AdaptivePool(input: input, kind: .average)), output: mean))
    if mean != output { emitReshape(mean, as: output) }
  }
}
