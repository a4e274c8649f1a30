import Torch

/// The list of kernels: which operators the engine computes itself, in numbers or on quantized maps.
package struct KernelSupport {
  /// Whether there is a kernel for a node.
  /// - Parameter quantized: Whether the maps that it reads are bytes. Its result then is bytes, too, except those of
  ///   convolutions, which may be either, and of averages over cells, which are numbers.
  package static func supports(_ node: Graph.Node, in graph: Graph, quantized: Bool) -> Bool {
    let support = KernelSupport(graph: graph, node: node)
    return quantized ? support.supportsBytes : support.supportsNumbers
  }

  /// Whether a node's results are values of its inputs or lie between them, so that both can share a quantization.
  package static func keepsValues(_ node: Graph.Node) -> Bool {
    switch node.operator {
    case .permuteChannels, .shuffle, .unpool: true
    case .resize(let resize): resize.operand == nil
    case .slice(let slice): slice.axis == 1
    case .concatenate(let join): join.axis == 1
    case .pool(let pool):
      switch pool.kind {
      case .max: true
      // Padding counts as zeros here, but a byte of 0 may stand for another number.
      case .average(let countsPadding): !countsPadding || pool.padding == 0
      }
    case .convolution, .linear, .affine, .unary, .binary, .adaptivePool, .reduce, .matmul, .softmax, .layerNorm,
      .groupNorm, .reshape, .permute, .pixelShuffle, .pad, .classMap, .quantize, .dequantize, .libtorch:
      false
    }
  }

  private let graph: Graph
  private let node: Graph.Node

  private init(graph: Graph, node: Graph.Node) { (self.graph, self.node) = (graph, node) }

  // MARK: - Numbers

  private var supportsNumbers: Bool {
    switch node.operator {
    case .convolution(let convolution):
      return isConstant(convolution.weight) && isConstant(convolution.bias) && isMap(convolution.input)
        && isMap(node.output) && (!convolution.isTransposed || convolution.dilation == 1)
        && hasKernel(convolution.activation)
    case .linear(let linear):
      return isConstant(linear.weight) && isConstant(linear.bias) && hasKernel(linear.activation)
    case .affine(let affine):
      let isUniform = [affine.scale, affine.shift].allSatisfy { graph[$0].count == 1 }
      return hasKernel(affine.activation)
        && (channelsAreLast || isUniform && affine.activation.isUniform(in: graph))
    case .unary(let unary):
      return hasKernel(unary.activation) && (channelsAreLast || unary.activation.isUniform(in: graph))
    case .binary(let binary):
      let isUniform = binary.activation.isUniform(in: graph)
      return hasKernel(binary.activation) && (areMaps || isUniform && broadcasts(binary.left, binary.right))
    case .resize(let resize): return areMaps && hasKernel(resize.activation)
    case .pool, .adaptivePool, .permuteChannels, .shuffle, .pixelShuffle, .unpool, .classMap, .quantize, .dequantize:
      return areMaps
    case .layerNorm(let norm): return norm.dimensions == 1 && isConstant(norm.scale) && isConstant(norm.shift)
    case .groupNorm(let norm): return areMaps && isConstant(norm.scale) && isConstant(norm.shift)
    case .reduce, .matmul, .softmax, .concatenate, .reshape, .permute, .slice, .pad: return true
    case .libtorch: return false
    }
  }

  /// Whether the channels of the result are its last dimension in memory: in a map, and in a table [N, C].
  private var channelsAreLast: Bool { areMaps || graph[node.output].shape.count == 2 }

  /// Whether two tensors in memory order have one shape, or one of them is repeated as a whole or by single elements.
  private func broadcasts(_ left: Graph.ValueID, _ right: Graph.ValueID) -> Bool {
    let whole = graph[node.output].shape
    return [left, right].allSatisfy { id in
      let shape = graph[id].shape
      let aligned = [Int](repeating: 1, count: whole.count - shape.count) + shape
      // The axes along which the tensor has its full size must be the first ones or the last ones.
      let changes = zip(aligned, whole).filter { $0.1 > 1 }.map { $0.0 == $0.1 }
      return zip(changes, changes.dropFirst()).count { $0.0 != $0.1 } <= 1
    }
  }

  // MARK: - Bytes

  private var supportsBytes: Bool {
    switch node.operator {
    case .convolution(let convolution): return supportsBytes(convolution)
    case .adaptivePool(let pool): return pool.kind == .average && isMap(pool.input) && isMap(node.output)
    case .binary(let binary):
      return readsMaps && (binary.operator == .add || binary.operator == .multiply)
        && ![binary.left, binary.right].contains(where: isConstant) && hasKernel(binary.activation)
    case .affine(let affine): return readsMaps && hasKernel(affine.activation)
    case .unary(let unary): return readsMaps && hasKernel(unary.activation)
    case .concatenate(let join):
      return readsMaps && KernelSupport.keepsValues(node) && !join.inputs.contains(where: isConstant)
    case .resize, .pool, .unpool, .slice, .permuteChannels, .shuffle:
      return readsMaps && KernelSupport.keepsValues(node)
    case .quantize, .dequantize: return true
    case .linear, .reduce, .matmul, .softmax, .layerNorm, .groupNorm, .reshape, .permute, .pixelShuffle, .pad,
      .classMap, .libtorch:
      return false
    }
  }

  /// Whether a convolution has a kernel for quantized maps that pays. On a map of one pixel the conversions would cost
  /// more.
  private func supportsBytes(_ convolution: Graph.Convolution) -> Bool {
    guard supportsNumbers, !isConstant(convolution.input) else { return false }
    let (inputs, result) = (graph[convolution.input].shape[1], graph[node.output].shape)
    let width = (inputs / convolution.groups, result[1] / convolution.groups)
    // Grouped convolutions with few channels per group have better kernels for floats, except depthwise ones and those
    // whose groups have another number of outputs than of inputs.
    let fits = convolution.groups == 1 || width == (1, 1) || width.0 != width.1 || width.0 >= 8
    return fits && result[2] * result[3] > 1
  }

  // MARK: - Values

  private func isConstant(_ id: Graph.ValueID) -> Bool { graph[id].constant != nil }

  private func isConstant(_ id: Graph.ValueID?) -> Bool { id.map { graph[$0].constant != nil } ?? true }

  private func isMap(_ id: Graph.ValueID) -> Bool { graph.isMap(id) }

  /// Whether the result and everything that is read, except constants and the positions of largest values, are maps.
  private var readsMaps: Bool { isMap(node.output) && graph.numbers(of: node).allSatisfy(isMap) }

  /// Whether everything that is read is a map, except vectors of one number per channel and positions.
  private var areMaps: Bool { graph.numbers(of: node).allSatisfy(isMap) && !graph.numbers(of: node).isEmpty }

  private func hasKernel(_ activation: Graph.Activation) -> Bool {
    if case .prelu(let slope) = activation { isConstant(slope) } else { true }
  }
}

extension Graph {
  /// Whether a value is a map of numbers for one image, [1, C, H, W].
  func isMap(_ id: ValueID) -> Bool {
    let shape = self[id].shape
    return shape.count == 4 && shape[0] == 1 && !shape.contains(0) && self[id].dtype == .float32
  }

  /// The values that a node computes with, without constants and without the positions of largest values.
  package func numbers(of node: Node) -> [ValueID] {
    node.inputs.filter { self[$0].constant == nil && self[$0].dtype == .float32 }
  }
}
