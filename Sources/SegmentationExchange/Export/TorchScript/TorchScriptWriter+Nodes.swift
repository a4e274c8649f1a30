import SegmentationInference
import Torch

extension TorchScriptWriter {
  /// The expression that computes the present node.
  mutating func expression() throws(ExchangeError) -> String {
    switch node.operator {
    case .convolution(let convolution): return try expression(convolution)
    case .linear(let linear):
      let (weight, bias) = (read(linear.weight), linear.bias.map { read($0) } ?? "None")
      return activated("torch.linear(\(read(linear.input)), \(weight), \(bias))", linear.activation)
    case .affine(let affine):
      let rank = graph[affine.input].shape.count
      let (scale, shift) = (perChannel(affine.scale, rank: rank), perChannel(affine.shift, rank: rank))
      return activated("torch.add(torch.mul(\(read(affine.input)), \(scale)), \(shift))", affine.activation)
    case .unary(let unary): return activated(read(unary.input), unary.activation)
    case .binary(let binary):
      let function = binary.operator.torchName
      return activated("torch.\(function)(\(read(binary.left)), \(read(binary.right)))", binary.activation)
    case .resize(let resize) where resize.operand == nil:
      let (input, size) = (read(resize.input), try lengths([2, 3]))
      switch resize.mode {
      case .nearest: return "torch.upsample_nearest2d(\(input), \(size))"
      case .bilinear(let align): return "torch.upsample_bilinear2d(\(input), \(size), \(python(align)))"
      case .bicubic(let align): return "torch.upsample_bicubic2d(\(input), \(size), \(python(align)))"
      case .antialiasedBicubic: return "torch._upsample_bicubic2d_aa(\(input), \(size), False)"
      }
    case .concatenate(let join):
      return "torch.cat([\(join.inputs.map { read($0) }.joined(separator: ", "))], \(join.axis))"
    case .pool(let pool): return try expression(pool)
    case .adaptivePool(let pool):
      let function = pool.kind == .max ? "adaptive_max_pool2d" : "adaptive_avg_pool2d"
      return try "torch.\(function)(\(read(pool.input)), \(lengths([2, 3])))"
    case .unpool(let unpool):
      return try "torch.max_unpool2d(\(read(unpool.input)), \(read(unpool.positions)), \(lengths([2, 3])))"
    case .reduce(let reduce): return expression(reduce)
    case .matmul(let product):
      func operand(_ id: Graph.ValueID, _ isTransposed: Bool) -> String {
        isTransposed ? "torch.transpose(\(read(id)), -2, -1)" : read(id)
      }
      let left = operand(product.left, product.transposesLeft)
      return "torch.matmul(\(left), \(operand(product.right, product.transposesRight)))"
    case .softmax(let softmax): return "torch.softmax(\(read(softmax.input)), \(softmax.axis))"
    case .layerNorm(let norm):
      let shape = Array(graph[node.output].shape.suffix(norm.dimensions))
      return "torch.layer_norm(\(read(norm.input)), \(shape), \(optional(norm.scale)), \(optional(norm.shift)), "
        + "\(norm.epsilon))"
    case .groupNorm(let norm):
      return "torch.group_norm(\(read(norm.input)), \(norm.groups), \(optional(norm.scale)), \(optional(norm.shift)), "
        + "\(norm.epsilon))"
    case .reshape(let reshape): return try "torch.reshape(\(read(reshape.input)), \(reshapedLengths(reshape)))"
    case .permute(let permute): return "torch.permute(\(read(permute.input)), \(permute.order))"
    case .slice(let slice):
      return try "torch.narrow(\(read(slice.input)), \(slice.axis), \(slice.offset), \(length(slice.axis)))"
    case .permuteChannels(let permutation):
      let order = constant(Tensor(permutation.order), named: "channels")
      return "torch.index_select(\(read(permutation.input)), 1, \(order))"
    case .pixelShuffle(let shuffle): return "torch.pixel_shuffle(\(read(shuffle.input)), \(shuffle.factor))"
    case .pad(let pad): return try expression(pad)
    case .libtorch(let call): return try expression(call)
    case .resize, .shuffle, .classMap, .quantize, .dequantize: throw refusal("is one of an engine")
    }
  }

  private func python(_ value: Bool) -> String { value ? "True" : "False" }

  private mutating func optional(_ id: Graph.ValueID?) -> String { id.map { read($0) } ?? "None" }

  private func pair(_ pair: IntPair) -> String { "[\(pair.height), \(pair.width)]" }

  /// A constant of one element per channel, in a shape that broadcasts to [N, C, ...].
  private mutating func perChannel(_ id: Graph.ValueID, rank: Int) -> String {
    guard let tensor = graph[id].constant, tensor.count > 1, rank > 2 else { return read(id) }
    let shape = [1, tensor.count] + [Int](repeating: 1, count: rank - 2)
    return constant(withoutGradients { tensor.detached().reshape(shape) }, named: graph[id].name ?? "constant")
  }

  // MARK: - Layers

  private mutating func expression(_ convolution: Graph.Convolution) throws(ExchangeError) -> String {
    var (input, padding) = (read(convolution.input), convolution.padding)
    let (weight, bias) = (read(convolution.weight), optional(convolution.bias))
    let (inputs, outputs) = (network.shapes(of: convolution.input), network.shapes(of: node.output))
    let kernel = graph[convolution.weight].shape
    let borders = zip(inputs, outputs).map { Border(convolution, input: $0, kernel: kernel, output: $1) }
    let isSame = borders.allSatisfy { $0.bottom == borders[0].bottom && $0.right == borders[0].right }
    if !convolution.isTransposed, !borders.allSatisfy(\.isSymmetric) {
      guard isSame else { throw refusal("pads its input differently at another size; leave --dynamic out") }
      let border = [padding.width, borders[0].right, padding.height, borders[0].bottom]
      input = "torch.constant_pad_nd(\(input), \(border), 0)"
      padding = 0
    }
    guard !convolution.isTransposed || isSame else {
      throw refusal("makes a size that depends on more than its input's; leave --dynamic out")
    }
    let start = "\(input), \(weight), \(bias), \(pair(convolution.stride)), \(pair(padding))"
    let layer =
      convolution.isTransposed
      ? "torch.conv_transpose2d(\(start), [\(borders[0].bottom), \(borders[0].right)], \(convolution.groups), "
        + "\(pair(convolution.dilation)))"
      : "torch.conv2d(\(start), \(pair(convolution.dilation)), \(convolution.groups))"
    switch convolution.residual {
    case .none: return activated(layer, convolution.activation)
    case .before(let residual): return activated("torch.add(\(layer), \(read(residual)))", convolution.activation)
    case .after(let residual): return "torch.add(\(activated(layer, convolution.activation)), \(read(residual)))"
    }
  }

  private mutating func expression(_ pool: Graph.Pool) throws(ExchangeError) -> String {
    let input = read(pool.input)
    let kernels = network.nodes(at: index).map { node -> IntPair? in
      if case .pool(let pool) = node.operator { pool.kernel } else { nil }
    }
    if pool.isCellAverage, !kernels.allSatisfy({ $0 == pool.kernel }) {
      return try "torch.adaptive_avg_pool2d(\(input), \(lengths([2, 3])))"
    }
    let (inputs, outputs) = (network.shapes(of: pool.input), network.shapes(of: node.output))
    func usual(_ length: Int, _ kernel: Int, _ stride: Int, _ padding: Int, _ dilation: Int) -> Int {
      (length + 2 * padding - dilation * (kernel - 1) - 1) / stride + 1
    }
    let (kernel, stride, padding, dilation) = (pool.kernel, pool.stride, pool.padding, pool.dilation)
    let roundsUp = zip(inputs, outputs).contains { input, output in
      output[2] > usual(input[2], kernel.height, stride.height, padding.height, dilation.height)
        || output[3] > usual(input[3], kernel.width, stride.width, padding.width, dilation.width)
    }
    let window = "\(input), \(pair(kernel)), \(pair(stride)), \(pair(padding))"
    switch pool.kind {
    case .max:
      let function = node.outputs.count > 1 ? "max_pool2d_with_indices" : "max_pool2d"
      return "torch.\(function)(\(window), \(pair(dilation)), \(python(roundsUp)))"
    case .average(let countsPadding):
      return "torch.avg_pool2d(\(window), \(python(roundsUp)), \(python(countsPadding)))"
    }
  }

  private mutating func expression(_ reduce: Graph.Reduce) -> String {
    let (input, rest) = (read(reduce.input), "\(reduce.axes), \(python(reduce.keepsAxes))")
    switch reduce.kind {
    case .mean: return "torch.mean(\(input), \(rest))"
    case .sum: return "torch.sum(\(input), \(rest))"
    case .largest: return "torch.amax(\(input), \(rest))"
    case .norm: return "torch.linalg_vector_norm(\(input), 2, \(rest))"
    }
  }

  // MARK: - Shapes

  private func reshapedLengths(_ reshape: Graph.Reshape) throws(ExchangeError) -> String {
    let open = graph[node.output].shape.indices.filter { network.constantLength(of: node.output, axis: $0) == nil }
    var parts: [String] = []
    for axis in graph[node.output].shape.indices { try parts.append(axis == open.last ? "-1" : length(axis)) }
    return "[\(parts.joined(separator: ", "))]"
  }

  private mutating func expression(_ pad: Graph.Pad) throws(ExchangeError) -> String {
    let input = read(pad.input)
    let (inputs, outputs) = (network.shapes(of: pad.input), network.shapes(of: node.output))
    var sides: [String] = []
    for axis in pad.before.indices.reversed() {
      let before = pad.before[axis]
      let after = zip(inputs, outputs).map { $1[axis] - $0[axis] - before }
      sides.append("\(before)")
      let isSame = after.allSatisfy { $0 == after[0] }
      try sides.append(isSame ? "\(after[0])" : "\(length(axis)) - \(input).size(\(axis)) - \(before)")
    }
    return "torch.constant_pad_nd(\(input), [\(sides.joined(separator: ", "))], \(pad.value))"
  }

  // MARK: - Operators as they are in libtorch

  private mutating func expression(_ call: Graph.LibtorchCall) throws(ExchangeError) -> String {
    guard network.hasConstantShape(node.output) || call.name == "batch_norm" else {
      throw refusal("has no form for all sizes; leave --dynamic out")
    }
    var parts: [String] = []
    for argument in call.arguments {
      let text: String
      switch argument.value {
      case .none: text = "None"
      case .tensor(let id): text = read(id)
      case .tensors(let list): text = "[\(list.map { optional($0) }.joined(separator: ", "))]"
      case .int(let value): text = "\(value)"
      case .double(let value): text = value.isFinite ? "\(value)" : "float(\"\(value)\")"
      case .bool(let value): text = python(value)
      case .ints(let values): text = "\(values)"
      case .doubles(let values): text = "\(values)"
      case .string(let value): text = "\"\(value)\""
      case .dtype(let type): text = "\(type.rawValue)"
      case .other(let type): throw refusal("has an argument that is a \(type)")
      }
      parts.append("\(argument.name)=\(text)")
    }
    // The schema calls a first argument `self` that source text cannot name.
    if let first = parts.first, first.hasPrefix("self=") { parts[0] = String(first.dropFirst(5)) }
    return "torch.\(call.name)(\(parts.joined(separator: ", ")))"
  }

  // MARK: - Activations

  private mutating func activated(_ x: String, _ activation: Graph.Activation) -> String {
    switch activation {
    case .identity: x
    case .relu: "torch.relu(\(x))"
    case .clamp(let lower, let upper):
      "torch.clamp(\(x), \(lower == -.infinity ? "None" : "\(lower)"), \(upper == .infinity ? "None" : "\(upper)"))"
    case .leakyReLU(let slope): "torch.leaky_relu(\(x), \(slope))"
    case .prelu(let slope): "torch.prelu(\(x), \(read(slope)))"
    case .elu(let alpha): "torch.elu(\(x), \(alpha))"
    case .selu: "torch.selu(\(x))"
    case .gelu(let isApproximate): "torch.gelu(\(x), approximate=\"\(isApproximate ? "tanh" : "none")\")"
    case .sigmoid: "torch.sigmoid(\(x))"
    case .hardsigmoid: "torch.hardsigmoid(\(x))"
    case .silu: "torch.silu(\(x))"
    case .hardswish: "torch.hardswish(\(x))"
    case .tanh: "torch.tanh(\(x))"
    }
  }
}

extension Graph.BinaryOperator {
  /// The name of libtorch's function.
  var torchName: String {
    switch self {
    case .add: "add"
    case .subtract: "sub"
    case .multiply: "mul"
    case .divide: "div"
    }
  }
}
