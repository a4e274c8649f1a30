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
    case "_upsample_bicubic2d_aa":
      guard call.doubles("scale_factors") == nil, call.bool("align_corners") == false else { return false }
      form = .resize(Graph.Resize(input: input, mode: .antialiasedBicubic))
    case "upsample_bicubic2d":
      guard call.doubles("scale_factors") == nil, let alignCorners = call.bool("align_corners") else { return false }
      form = .resize(Graph.Resize(input: input, mode: .bicubic(alignCorners: alignCorners)))
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

  /// Emits the mean over height and width, which libtorch may drop from the shape.
  mutating func emitGlobalMean(of input: Graph.ValueID, as output: Graph.ValueID) {
    let shape = Array(self[input].shape[..<2]) + [1, 1]
    let mean = self[output].shape == shape ? output : addValue(shape, dtype: self[input].dtype)
    emit(Graph.Node(.adaptivePool(Graph.AdaptivePool(input: input, kind: .average)), output: mean))
    if mean != output { emitReshape(mean, as: output) }
  }
}
