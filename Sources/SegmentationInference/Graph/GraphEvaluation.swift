import Torch

// Each operator computed by libtorch's operators: the reference for passes and kernels.
extension Graph {
  /// Computes one node. A quantized result is given as the numbers that its bytes stand for.
  /// - Parameter tensor: Gives the values that the node reads.
  func evaluate(_ node: Node, _ tensor: (ValueID) -> Tensor) -> [Tensor] {
    zip(node.outputs, compute(node, tensor)).map { id, result in self[id].quantization?.rounded(result) ?? result }
  }

  private func compute(_ node: Node, _ tensor: (ValueID) -> Tensor) -> [Tensor] {
    let result: Tensor
    let shape = self[node.output].shape
    switch node.operator {
    case .convolution(let convolution): result = convolved(convolution, to: shape, tensor)
    case .linear(let linear):
      let y = tensor(linear.input).linear(weight: tensor(linear.weight), bias: linear.bias.map(tensor))
      result = linear.activation.applied(to: y, tensor)
    case .affine(let affine):
      let x = tensor(affine.input)
      let y = x * perChannel(tensor(affine.scale), like: x) + perChannel(tensor(affine.shift), like: x)
      result = affine.activation.applied(to: y, tensor)
    case .unary(let unary): result = unary.activation.applied(to: tensor(unary.input), tensor)
    case .binary(let binary):
      let y = binary.operator.applied(to: tensor(binary.left), tensor(binary.right))
      result = binary.activation.applied(to: y, tensor)
    case .resize(let resize): result = resized(resize, to: shape, tensor)
    case .concatenate(let join): result = cat(join.inputs.map(tensor), dimension: join.axis)
    case .pool(let pool): return pooled(pool, node, tensor(pool.input))
    case .adaptivePool(let pool): result = pooled(pool, to: shape, tensor(pool.input))
    case .unpool(let unpool):
      result = tensor(unpool.input).maxUnpool2d(indices: tensor(unpool.positions), size: shape.spatialSize)
    case .reduce(let reduce): result = reduced(reduce, tensor(reduce.input))
    case .matmul(let product):
      let (left, right) = (tensor(product.left), tensor(product.right))
      result = (product.transposesLeft ? left.transpose(-2, -1) : left)
        .matmul(product.transposesRight ? right.transpose(-2, -1) : right)
    case .softmax(let softmax): result = tensor(softmax.input).softmax(dimension: softmax.axis)
    case .layerNorm(let norm):
      result = tensor(norm.input).layerNorm(
        Array(shape.suffix(norm.dimensions)), weight: norm.scale.map(tensor), bias: norm.shift.map(tensor),
        epsilon: norm.epsilon)
    case .groupNorm(let norm):
      result = tensor(norm.input).groupNorm(
        groups: norm.groups, weight: norm.scale.map(tensor), bias: norm.shift.map(tensor), epsilon: norm.epsilon)
    case .reshape(let reshape): result = tensor(reshape.input).reshape(shape)
    case .permute(let permute): result = tensor(permute.input).permute(permute.order)
    case .slice(let slice):
      result = tensor(slice.input).slice(slice.offset..<slice.offset + shape[slice.axis], dimension: slice.axis)
    case .permuteChannels(let permutation):
      let x = tensor(permutation.input)
      result = x.indexSelect(Tensor(permutation.order).to(device: x.device), dimension: 1)
    case .shuffle(let shuffle):
      let (first, second) = (tensor(shuffle.first), tensor(shuffle.second))
      let scaled = shuffle.scale.map { second * tensor($0) } ?? second
      result = stack([first, scaled], dimension: 2).reshape(shape)
    case .pixelShuffle(let shuffle): result = tensor(shuffle.input).pixelShuffle(shuffle.factor)
    case .pad(let pad): result = padded(pad, to: shape, tensor(pad.input))
    case .classMap(let classMap):
      let scores = tensor(classMap.input)
      let size = shape.spatialSize
      let isSameSize = scores.spatialSize == size
      let full = isSameSize ? scores : scores.upsampleBilinear2d(size: size, alignCorners: classMap.alignCorners)
      result = full.argmax(dimension: 1).to(dtype: self[node.output].dtype)
    case .quantize(let quantize): result = tensor(quantize.input)
    case .dequantize(let dequantize): result = tensor(dequantize.input)
    case .libtorch(let call):
      return callOperator(call.name, overload: call.overload, call.arguments.map { $0.value.map(tensor) })
    }
    return [result]
  }

  private func convolved(_ convolution: Convolution, to shape: [Int], _ tensor: (ValueID) -> Tensor) -> Tensor {
    var x = tensor(convolution.input)
    let (weight, bias) = (tensor(convolution.weight), convolution.bias.map(tensor))
    let border = Border(convolution, input: x.shape, kernel: weight.shape, output: shape)
    var padding = convolution.padding
    if !convolution.isTransposed, !border.isSymmetric {
      x = x.pad(left: padding.width, right: border.right, top: padding.height, bottom: border.bottom)
      padding = 0
    }
    let y =
      convolution.isTransposed
      ? x.convTranspose2d(
        weight: weight, bias: bias, stride: convolution.stride, padding: padding,
        outputPadding: IntPair(border.bottom, border.right), dilation: convolution.dilation,
        groups: convolution.groups)
      : x.conv2d(
        weight: weight, bias: bias, stride: convolution.stride, padding: padding, dilation: convolution.dilation,
        groups: convolution.groups)
    switch convolution.residual {
    case .none: return convolution.activation.applied(to: y, tensor)
    case .before(let residual): return convolution.activation.applied(to: y + tensor(residual), tensor)
    case .after(let residual): return convolution.activation.applied(to: y, tensor) + tensor(residual)
    }
  }

  private func resized(_ resize: Resize, to shape: [Int], _ tensor: (ValueID) -> Tensor) -> Tensor {
    let x = tensor(resize.input)
    let y: Tensor
    switch resize.mode {
    case .nearest: y = x.upsampleNearest2d(size: shape.spatialSize)
    case .bilinear(let alignCorners):
      y = x.upsampleBilinear2d(size: shape.spatialSize, alignCorners: alignCorners)
    case .bicubic(let alignCorners):
      y = x.upsampleBicubic2d(size: shape.spatialSize, alignCorners: alignCorners)
    case .antialiasedBicubic: y = x.upsampleBicubic2d(size: shape.spatialSize, antialias: true)
    }
    guard let operand = resize.operand else { return y }
    return resize.activation.applied(to: operand.operator.applied(to: y, tensor(operand.value)), tensor)
  }

  private func pooled(_ pool: Pool, _ node: Node, _ x: Tensor) -> [Tensor] {
    let size = self[node.output].shape.spatialSize
    func usual(_ length: Int, _ kernel: Int, _ stride: Int, _ padding: Int, _ dilation: Int) -> Int {
      (length + 2 * padding - dilation * (kernel - 1) - 1) / stride + 1
    }
    let (kernel, stride, padding, dilation) = (pool.kernel, pool.stride, pool.padding, pool.dilation)
    let roundsUp =
      size.height > usual(x.size(2), kernel.height, stride.height, padding.height, dilation.height)
      || size.width > usual(x.size(3), kernel.width, stride.width, padding.width, dilation.width)
    func ints(_ pair: IntPair) -> OperatorArgument<Tensor> { .ints([pair.height, pair.width]) }
    let window: [OperatorArgument<Tensor>] = [.tensor(x), ints(kernel), ints(stride), ints(padding)]
    switch pool.kind {
    case .max:
      let name = node.outputs.count > 1 ? "max_pool2d_with_indices" : "max_pool2d"
      return callOperator(name, window + [ints(dilation), .bool(roundsUp)])
    case .average(let countsPadding):
      return callOperator("avg_pool2d", window + [.bool(roundsUp), .bool(countsPadding), .none])
    }
  }

  private func pooled(_ pool: AdaptivePool, to shape: [Int], _ x: Tensor) -> Tensor {
    switch pool.kind {
    case .max: x.adaptiveMaxPool2d(IntPair(shape[2], shape[3]))
    case .average:
      shape[2] == 1 && shape[3] == 1 ? x.mean([2, 3], keep: true) : x.adaptiveAvgPool2d(to: shape.spatialSize)
    }
  }

  private func reduced(_ reduce: Reduce, _ x: Tensor) -> Tensor {
    switch reduce.kind {
    case .mean: x.mean(reduce.axes, keep: reduce.keepsAxes)
    case .largest: x.max(reduce.axes, keep: reduce.keepsAxes)
    case .sum: x.sum(reduce.axes, keep: reduce.keepsAxes)
    case .norm: x.norm(reduce.axes, keep: reduce.keepsAxes)
    }
  }

  private func padded(_ pad: Pad, to shape: [Int], _ x: Tensor) -> Tensor {
    let sides = shape.indices.reversed().flatMap { [pad.before[$0], shape[$0] - x.size($0) - pad.before[$0]] }
    return callOperator("constant_pad_nd", [.tensor(x), .ints(sides), .double(pad.value)])[0]
  }

  /// A vector of one element, or of one element per channel, in a shape that broadcasts over `x`.
  private func perChannel(_ vector: Tensor, like x: Tensor) -> Tensor {
    vector.to(dtype: x.dtype, device: x.device)
      .reshape(vector.count == 1 ? [] : [-1] + [Int](repeating: 1, count: x.rank - 2))
  }
}

extension [Int] {
  /// The last two dimensions.
  fileprivate var spatialSize: ImageSize { ImageSize(height: self[count - 2], width: self[count - 1]) }
}

extension Graph.BinaryOperator {
  fileprivate func applied(to left: Tensor, _ right: Tensor) -> Tensor {
    switch self {
    case .add: left + right
    case .subtract: left - right
    case .multiply: left * right
    case .divide: left / right
    }
  }
}

extension Graph.Activation {
  fileprivate func applied(to x: Tensor, _ tensor: (Graph.ValueID) -> Tensor) -> Tensor {
    switch self {
    case .identity: x
    case .relu: x.relu()
    case .clamp(let lower, let upper):
      x.clamp(min: lower == -.infinity ? nil : lower, max: upper == .infinity ? nil : upper)
    case .leakyReLU(let slope): x.leakyReLU(slope)
    case .prelu(let slope): x.prelu(tensor(slope))
    case .elu(let alpha): x.elu(alpha)
    case .selu: x.selu()
    case .gelu(let tanh): x.gelu(tanhApproximation: tanh)
    case .sigmoid: x.sigmoid()
    case .hardsigmoid: x.hardsigmoid()
    case .silu: x.silu()
    case .hardswish: x.hardswish()
    case .tanh: x.tanh()
    }
  }
}
