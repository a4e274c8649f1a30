import Torch

extension GraphPass {
  /// Rewrites libtorch's operators as nodes with a `NodeKind`, so that the passes after it see one form of each
  /// operator.
  public static let canonicalize = GraphPass("canonicalize") { graph in
    withoutGradients {
      GraphRewriter.rewrite(graph) { rewriter, node in
        if rewriter.convolution(node) || rewriter.arithmetic(node) || rewriter.pooling(node) || rewriter.shape(node) {
          return
        }
        if let activation = Graph.Activation(node, in: graph) {
          return rewriter.emitUnary(activation, of: node.inputs[0], as: node.output, module: node.module)
        }
        rewriter.emit(node)
      }
    }
  }
}

// Each of these functions returns whether it has emitted the node in another form.
extension GraphRewriter {
  mutating func emitUnary(
    _ activation: Graph.Activation, of input: Graph.ValueID, as output: Graph.ValueID, module: String = ""
  ) {
    var node = Graph.Node(.unary, [("input", .value(input))], output: output, module: module)
    node.activation = activation
    emit(node)
  }

  fileprivate mutating func convolution(_ node: Graph.Node) -> Bool {
    let isTransposed = node.name == "conv_transpose2d"
    guard isTransposed || node.name == "conv2d", let input = node.value("input"), let weight = node.value("weight"),
      node.string("padding") == nil
    else { return false }
    func pair(_ name: String, _ standard: Int) -> Graph.Argument {
      let list = node.ints(name) ?? []
      return .ints(list.isEmpty ? [standard, standard] : list.count == 1 ? [list[0], list[0]] : list)
    }
    var result = Graph.Node(
      isTransposed ? .convTranspose : .conv,
      [
        ("input", .value(input)), ("weight", .value(weight)), ("bias", node["bias"]), ("residual", .none),
        ("stride", pair("stride", 1)), ("padding", pair("padding", 0)), ("dilation", pair("dilation", 1)),
        ("groups", .int(node.int("groups") ?? 1)),
      ], output: node.output, module: node.module)
    if isTransposed { result["output_padding"] = pair("output_padding", 0) }
    result["residual_position"] = .string("none")
    result.activation = .identity
    emit(result)
    return true
  }

  // MARK: - Arithmetic

  fileprivate mutating func arithmetic(_ node: Graph.Node) -> Bool {
    guard let first = node.inputs.first, self[first].dtype.isFloatingPoint else { return false }
    if node.name == "batch_norm" { return batchNorm(node) }
    if node.name == "sum", let stack = producer(of: first), stack.name == "stack", stack.int("dim") == 0,
      node.ints("dim") == [0], node.bool("keepdim") == false, let terms = stack.values("tensors"), terms.count > 1
    {
      return sum(of: terms, as: node.output)
    }
    let operations = ["add": "add", "sub": "subtract", "mul": "multiply", "div": "divide"]
    let alpha = node.number("alpha") ?? 1
    if let operation = operations[node.name], let other = node.value("other"), alpha == 1, node.overload == "Tensor" {
      binary(operation, first, other, as: node.output)
      return true
    }
    guard let number = node.number("other") else { return false }
    switch (node.name, node.overload) {
    case ("add", "Scalar"): emitAffine(first, scale: [1], shift: [number * alpha], as: node.output)
    case ("sub", "Scalar"): emitAffine(first, scale: [1], shift: [-number * alpha], as: node.output)
    case ("rsub", "Scalar"): emitAffine(first, scale: [-alpha], shift: [number], as: node.output)
    case ("mul", "Scalar"): emitAffine(first, scale: [number], shift: [0], as: node.output)
    case ("div", "Scalar"): emitAffine(first, scale: [1 / number], shift: [0], as: node.output)
    default: return false
    }
    return true
  }

  private mutating func sum(of terms: [Graph.ValueID], as output: Graph.ValueID) -> Bool {
    var total = terms[0]
    for (index, term) in terms.enumerated().dropFirst() {
      let next = index == terms.count - 1 ? output : addValue(self[output].shape)
      binary("add", total, term, as: next)
      total = next
    }
    return true
  }

  private mutating func binary(
    _ operation: String, _ first: Graph.ValueID, _ second: Graph.ValueID, as output: Graph.ValueID
  ) {
    if let factor = channelConstant(second, like: self[first]), self[output].shape == self[first].shape {
      switch operation {
      case "add": return emitAffine(first, scale: [1], shift: factor, as: output)
      case "subtract": return emitAffine(first, scale: [1], shift: factor.map { -$0 }, as: output)
      case "multiply": return emitAffine(first, scale: factor, shift: [0], as: output)
      default: return emitAffine(first, scale: factor.map { 1 / $0 }, shift: [0], as: output)
      }
    }
    if let factor = channelConstant(first, like: self[second]), self[output].shape == self[second].shape {
      switch operation {
      case "add": return emitAffine(second, scale: [1], shift: factor, as: output)
      case "subtract": return emitAffine(second, scale: [-1], shift: factor, as: output)
      case "multiply": return emitAffine(second, scale: factor, shift: [0], as: output)
      default: break
      }
    }
    var node = Graph.Node(
      .binary, [("input", .value(first)), ("other", .value(second)), ("operation", .string(operation))],
      output: output)
    node.activation = .identity
    emit(node)
  }

  /// The elements of a constant that has one element, or one element per channel of `value`; `nil` for other constants.
  private func channelConstant(_ id: Graph.ValueID, like value: Graph.Value) -> [Double]? {
    guard let constant = self[id].constant, self[id].dtype.isFloatingPoint, value.constant == nil else { return nil }
    let shape = [Int](repeating: 1, count: max(0, value.shape.count - self[id].shape.count)) + self[id].shape
    guard shape.count == value.shape.count else { return nil }
    let isVector = shape.enumerated().allSatisfy { $0.offset == 1 || $0.element == 1 }
    guard self[id].count == 1 || isVector && value.shape.count > 1 && shape[1] == value.shape[1] else { return nil }
    return constant.elements(Double.self)
  }

  private mutating func batchNorm(_ node: Graph.Node) -> Bool {
    func constant(_ name: String) -> [Double]? { node.value(name).flatMap { self[$0].constant?.elements(Double.self) } }
    guard node.bool("training") == false, let input = node.value("input"), let mean = constant("running_mean"),
      let variance = constant("running_var"), let epsilon = node.number("eps")
    else { return false }
    let weight = constant("weight") ?? [Double](repeating: 1, count: mean.count)
    let bias = constant("bias") ?? [Double](repeating: 0, count: mean.count)
    let scale = zip(weight, variance).map { $0 / ($1 + epsilon).squareRoot() }
    let shift = mean.indices.map { bias[$0] - mean[$0] * scale[$0] }
    emitAffine(input, scale: scale, shift: shift, as: node.output, module: node.module)
    return true
  }

  /// Emits scale · x + shift. The constants stay in float64 until they are folded.
  mutating func emitAffine(
    _ input: Graph.ValueID, scale: [Double], shift: [Double], as output: Graph.ValueID, module: String = ""
  ) {
    let (scale, shift) = (addConstant(Tensor(scale)), addConstant(Tensor(shift)))
    var node = Graph.Node(
      .affine, [("input", .value(input)), ("scale", .value(scale)), ("shift", .value(shift))], output: output,
      module: module)
    node.activation = .identity
    emit(node)
  }

  // MARK: - Pooling, resizing

  fileprivate mutating func pooling(_ node: Graph.Node) -> Bool {
    guard let input = node.inputs.first else { return false }
    if node.name == "max", node.overload == "dim", !isRead(node.outputs[1]) {
      emit(
        Graph.Node(
          "amax", [("self", .value(input)), ("dim", .ints([node.int("dim")!])), ("keepdim", node["keepdim"])],
          outputs: [node.output]))
      return true
    }
    let (shape, result) = (self[input].shape, self[node.output].shape)
    guard shape.count == 4 else { return false }
    switch node.name {
    case "mean":
      guard let dims = node.ints("dim"), Set(dims.map { $0 < 0 ? $0 + 4 : $0 }) == [2, 3] else { return false }
      globalMean(of: input, as: node.output)
    case "adaptive_avg_pool2d":
      let (height, width) = (shape[2] / result[2], shape[3] / result[3])
      if result[2] == 1, result[3] == 1 {
        globalMean(of: input, as: node.output)
      } else if height * result[2] == shape[2], width * result[3] == shape[3] {
        emit(
          Graph.Node(
            "avg_pool2d",
            [
              ("self", .value(input)), ("kernel_size", .ints([height, width])), ("stride", .ints([height, width])),
              ("padding", .ints([0, 0])), ("ceil_mode", .bool(false)), ("count_include_pad", .bool(true)),
              ("divisor_override", .none),
            ], outputs: node.outputs))
      } else {
        return false
      }
    case "expand", "expand_as":
      guard shape[2] == 1, shape[3] == 1, shape[..<2] == result[..<2] else { return false }
      emitResize(input, mode: "nearest", alignCorners: false, as: node.output)
    case "upsample_bilinear2d", "upsample_nearest2d":
      let aligned = node.bool("align_corners") ?? false
      // Factors that do not give the output's size exactly would sample at other positions.
      if let scales = node.doubles("scale_factors"), !aligned,
        Double(shape[2]) * scales[0] != Double(result[2]) || Double(shape[3]) * scales[1] != Double(result[3])
      {
        return false
      }
      let mode = node.name == "upsample_nearest2d" ? "nearest" : "bilinear"
      emitResize(input, mode: mode, alignCorners: aligned, as: node.output)
    default: return false
    }
    return true
  }

  private mutating func emitResize(
    _ input: Graph.ValueID, mode: String, alignCorners: Bool, as output: Graph.ValueID
  ) {
    emit(
      Graph.Node(
        .resize,
        [
          ("input", .value(input)), ("size", .ints(Array(self[output].shape.suffix(2)))), ("mode", .string(mode)),
          ("align_corners", .bool(alignCorners)),
        ], output: output))
  }

  private mutating func globalMean(of input: Graph.ValueID, as output: Graph.ValueID) {
    let shape = Array(self[input].shape[..<2]) + [1, 1]
    let mean = self[output].shape == shape ? output : addValue(shape, dtype: self[input].dtype)
    emit(Graph.Node(.globalMean, [("input", .value(input))], output: mean))
    if mean != output { emitReshape(mean, as: output) }
  }
}
