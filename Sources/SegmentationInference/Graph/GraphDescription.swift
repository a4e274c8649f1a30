import Torch

extension Graph: CustomStringConvertible {
  /// One line per node: its results with their shapes, the operator, the arguments, the module.
  public var description: String {
    let inputs = inputs.map { "\($0) \(self[$0].shape) = input" }
    return (inputs + nodes.map(describe) + ["return \(outputs.map(\.description).joined(separator: ", "))"])
      .joined(separator: "\n")
  }

  private func describe(_ node: Node) -> String {
    let results = node.outputs.map { id in
      "\(id) \(self[id].shape)" + (self[id].quantization.map { " bytes(\($0.scale), \($0.zero))" } ?? "")
    }.joined(separator: ", ")
    let module = node.module.isEmpty ? "" : "  @\(node.module)"
    return "\(results) = \(node.operator.name)(\(arguments(of: node.operator).joined(separator: ", ")))\(module)"
  }

  private func text(_ id: ValueID) -> String {
    self[id].constant == nil ? id.description : self[id].name ?? "constant\(self[id].shape)"
  }

  private func text(_ pair: IntPair) -> String { "\(pair.height)x\(pair.width)" }

  /// The arguments as they are printed: values, then what differs from the usual.
  private func arguments(of operator: Operator) -> [String] {
    switch `operator` {
    case .convolution(let convolution): arguments(of: convolution)
    case .linear(let linear):
      [text(linear.input), text(linear.weight)] + (linear.bias.map { [text($0)] } ?? []) + text(linear.activation)
    case .affine(let affine): [affine.input, affine.scale, affine.shift].map(text) + text(affine.activation)
    case .unary(let unary): [text(unary.input)] + text(unary.activation)
    case .binary(let binary):
      [text(binary.left), binary.operator.rawValue, text(binary.right)] + text(binary.activation)
    case .resize(let resize):
      [text(resize.input), "\(resize.mode)"]
        + (resize.operand.map { ["\($0.operator) \(text($0.value))"] } ?? []) + text(resize.activation)
    case .concatenate(let join): join.inputs.map(text) + ["axis=\(join.axis)"]
    case .pool(let pool): arguments(of: pool)
    case .adaptivePool(let pool): [text(pool.input)]
    case .unpool(let unpool): [text(unpool.input), text(unpool.positions)]
    case .reduce(let reduce): [text(reduce.input), "axes=\(reduce.axes)"]
    case .matmul(let product):
      [
        text(product.left) + (product.transposesLeft ? " transposed" : ""),
        text(product.right) + (product.transposesRight ? " transposed" : ""),
      ]
    case .softmax(let softmax): [text(softmax.input), "axis=\(softmax.axis)"]
    case .layerNorm(let norm):
      [norm.input, norm.scale, norm.shift].compactMap { $0.map(text) } + ["dimensions=\(norm.dimensions)"]
    case .groupNorm(let norm):
      [norm.input, norm.scale, norm.shift].compactMap { $0.map(text) } + ["groups=\(norm.groups)"]
    case .reshape(let reshape): [text(reshape.input)]
    case .permute(let permute): [text(permute.input), "order=\(permute.order)"]
    case .slice(let slice): [text(slice.input), "axis=\(slice.axis)", "offset=\(slice.offset)"]
    case .permuteChannels(let permutation): [text(permutation.input), "order=\(permutation.order)"]
    case .shuffle(let shuffle): [shuffle.first, shuffle.second, shuffle.scale].compactMap { $0.map(text) }
    case .pixelShuffle(let shuffle): [text(shuffle.input), "factor=\(shuffle.factor)"]
    case .pad(let pad): [text(pad.input), "before=\(pad.before)", "value=\(pad.value)"]
    case .classMap(let classMap): [text(classMap.input), "alignCorners=\(classMap.alignCorners)"]
    case .quantize(let quantize): [text(quantize.input)]
    case .dequantize(let dequantize): [text(dequantize.input)]
    case .libtorch(let call): call.arguments.compactMap(text)
    }
  }

  private func arguments(of convolution: Convolution) -> [String] {
    var result = [convolution.input, convolution.weight, convolution.bias].compactMap { $0.map(text) }
    let pairs = [("stride", convolution.stride, 1), ("padding", convolution.padding, 0)]
    for (name, pair, usual) in pairs + [("dilation", convolution.dilation, 1)] where pair != IntPair(usual) {
      result.append("\(name)=\(text(pair))")
    }
    if convolution.groups > 1 { result.append("groups=\(convolution.groups)") }
    switch convolution.residual {
    case .none: return result + text(convolution.activation)
    case .before(let id): return result + ["add \(text(id))"] + text(convolution.activation)
    case .after(let id): return result + text(convolution.activation) + ["add \(text(id))"]
    }
  }

  private func arguments(of pool: Pool) -> [String] {
    var result = [text(pool.input), "kernel=\(text(pool.kernel))", "stride=\(text(pool.stride))"]
    if pool.padding != 0 { result.append("padding=\(text(pool.padding))") }
    if pool.dilation != 1 { result.append("dilation=\(text(pool.dilation))") }
    if case .average(countsPadding: false) = pool.kind { result.append("without padding") }
    return result
  }

  private func text(_ activation: Activation) -> [String] {
    switch activation {
    case .identity: []
    case .prelu(let slope): ["prelu(\(text(slope)))"]
    default: ["\(activation)"]
    }
  }

  /// An argument of libtorch's as it is printed; `nil` if it is absent.
  private func text(_ argument: (name: String, value: OperatorArgument<ValueID>)) -> String? {
    let text: String
    switch argument.value {
    case .none: return nil
    case .tensor(let id): text = self.text(id)
    case .tensors(let list): text = "[\(list.map { $0.map(self.text) ?? "none" }.joined(separator: ", "))]"
    case .int(let value): text = "\(value)"
    case .double(let value): text = "\(value)"
    case .bool(let value): text = "\(value)"
    case .ints(let list): text = "\(list)"
    case .doubles(let list): text = "\(list)"
    case .string(let value): text = "\"\(value)\""
    case .dtype(let value): text = "\(value)"
    case .other(let type): text = type
    }
    return ["self", "input", "tensors"].contains(argument.name) ? text : "\(argument.name)=\(text)"
  }
}
