import Torch

extension GraphPass {
  /// Rewrites libtorch's operators as the graph's own, so that the passes after it see one form of each operator.
  public static let canonicalize = GraphPass.canonicalizing(keepsBatchNorm: false)

  /// Does the same, and may leave batch normalization as libtorch's operator, with its four vectors.
  static func canonicalizing(keepsBatchNorm: Bool) -> GraphPass {
    GraphPass("canonicalize") { graph in
      withoutGradients {
        GraphRewriter.rewrite(graph) { rewriter, node in
          guard case .libtorch(let call) = node.operator, !keepsBatchNorm || call.name != "batch_norm" else {
            return rewriter.emit(node)
          }
          if rewriter.layer(call, node) || rewriter.arithmetic(call, node) || rewriter.pooling(call, node)
            || rewriter.shape(call, node)
          {
            return
          }
          if let activation = Graph.Activation(call, in: graph) {
            let unary = Graph.Unary(input: node.inputs[0], activation: activation)
            return rewriter.emit(Graph.Node(.unary(unary), output: node.output, module: node.module))
          }
          rewriter.emit(node)
        }
      }
    }
  }
}

// Each of these functions returns whether it has emitted the node in another form.
extension GraphRewriter {
  // MARK: - Layers

  fileprivate mutating func layer(_ call: Graph.LibtorchCall, _ node: Graph.Node) -> Bool {
    if sumOfStack(call, node) { return true }
    if call.name == "max", node.outputs.dropFirst().contains(where: isRead) { return false }
    guard let form = layer(call, node.output) else { return false }
    if case .reduce(let reduce) = form, reduce.kind == .mean, reduce.axes == [2, 3],
      self[reduce.input].shape.count == 4
    {
      emitGlobalMean(of: reduce.input, as: node.output)
      return true
    }
    emit(Graph.Node(form, output: node.output, module: node.module))
    return true
  }

  private func layer(_ call: Graph.LibtorchCall, _ output: Graph.ValueID) -> Graph.Operator? {
    guard let input = call.inputs.first, self[input].dtype.isFloatingPoint else { return nil }
    let rank = self[input].shape.count
    switch call.name {
    case "conv2d", "conv_transpose2d":
      guard let weight = call.value("weight"), call.string("padding") == nil else { return nil }
      return .convolution(
        Graph.Convolution(
          input: input, weight: weight, bias: call.value("bias"), stride: call.pair("stride", or: 1),
          padding: call.pair("padding", or: 0), dilation: call.pair("dilation", or: 1),
          groups: call.int("groups") ?? 1, isTransposed: call.name == "conv_transpose2d"))
    case "linear":
      guard let weight = call.value("weight") else { return nil }
      return .linear(Graph.Linear(input: input, weight: weight, bias: call.value("bias")))
    case "matmul", "bmm", "mm":
      let operands = call.inputs
      guard operands.count == 2, operands.allSatisfy({ self[$0].shape.count >= 2 }) else { return nil }
      return .matmul(Graph.MatrixProduct(left: operands[0], right: operands[1]))
    case "softmax":
      guard case .none = call["dtype"], call.int("dim") != nil else { return nil }
      return .softmax(Graph.Softmax(input: input, axis: call.axis("dim", rank: rank)))
    case "layer_norm":
      guard let shape = call.ints("normalized_shape") else { return nil }
      return .layerNorm(
        Graph.LayerNorm(
          input: input, dimensions: shape.count, scale: call.value("weight"), shift: call.value("bias"),
          epsilon: call.number("eps") ?? 1e-5))
    case "group_norm":
      guard let groups = call.int("num_groups") else { return nil }
      return .groupNorm(
        Graph.GroupNorm(
          input: input, groups: groups, scale: call.value("weight"), shift: call.value("bias"),
          epsilon: call.number("eps") ?? 1e-5))
    case "sum", "mean", "amax", "linalg_vector_norm", "max": return reduction(call, input, rank)
    default: return nil
    }
  }

  private func reduction(_ call: Graph.LibtorchCall, _ input: Graph.ValueID, _ rank: Int) -> Graph.Operator? {
    let kind: Graph.Reduce.Kind
    switch call.name {
    case "sum": kind = .sum
    case "mean": kind = .mean
    case "linalg_vector_norm":
      guard (call.number("ord") ?? 2) == 2 else { return nil }
      kind = .norm
    case "max":
      guard call.overload == "dim" else { return nil }
      kind = .largest
    default: kind = .largest
    }
    guard case .none = call["dtype"] else { return nil }
    let dims = call.int("dim").map { [$0] } ?? call.ints("dim") ?? []
    let axes = dims.isEmpty ? Array(0..<rank) : Set(dims.map { $0 < 0 ? $0 + rank : $0 }).sorted()
    return .reduce(Graph.Reduce(input: input, kind: kind, axes: axes, keepsAxes: call.bool("keepdim") ?? false))
  }

  /// Turns the sum over a stack of tensors into additions.
  private mutating func sumOfStack(_ call: Graph.LibtorchCall, _ node: Graph.Node) -> Bool {
    guard call.name == "sum", let input = call.inputs.first, case .libtorch(let stack)? = producer(of: input)?.operator,
      stack.name == "stack", stack.int("dim") == 0, call.ints("dim") == [0], call.bool("keepdim") == false,
      let terms = stack.values("tensors"), terms.count > 1, self[node.output].dtype.isFloatingPoint
    else { return false }
    var total = terms[0]
    for (index, term) in terms.enumerated().dropFirst() {
      let next = index == terms.count - 1 ? node.output : addValue(self[node.output].shape)
      emitBinary(.add, total, term, as: next)
      total = next
    }
    return true
  }

  // MARK: - Arithmetic

  fileprivate mutating func arithmetic(_ call: Graph.LibtorchCall, _ node: Graph.Node) -> Bool {
    guard let first = node.inputs.first, self[first].dtype.isFloatingPoint else { return false }
    if call.name == "batch_norm" { return batchNorm(call, node) }
    let operators: [String: Graph.BinaryOperator] = ["add": .add, "sub": .subtract, "mul": .multiply, "div": .divide]
    let alpha = call.number("alpha") ?? 1
    if let binary = operators[call.name], let other = call.value("other"), alpha == 1, call.overload == "Tensor" {
      emitBinary(binary, first, other, as: node.output)
      return true
    }
    guard let number = call.number("other") else { return false }
    switch (call.name, call.overload) {
    case ("add", "Scalar"): emitAffine(first, scale: [1], shift: [number * alpha], as: node.output)
    case ("sub", "Scalar"): emitAffine(first, scale: [1], shift: [-number * alpha], as: node.output)
    case ("rsub", "Scalar"): emitAffine(first, scale: [-alpha], shift: [number], as: node.output)
    case ("mul", "Scalar"): emitAffine(first, scale: [number], shift: [0], as: node.output)
    case ("div", "Scalar"): emitAffine(first, scale: [1 / number], shift: [0], as: node.output)
    default: return false
    }
    return true
  }

  /// Emits an operation on two tensors: an affine node if one of them is a constant per channel.
  mutating func emitBinary(
    _ binary: Graph.BinaryOperator, _ first: Graph.ValueID, _ second: Graph.ValueID, as output: Graph.ValueID
  ) {
    if let factor = channelConstant(second, like: self[first]), self[output].shape == self[first].shape {
      switch binary {
      case .add: return emitAffine(first, scale: [1], shift: factor, as: output)
      case .subtract: return emitAffine(first, scale: [1], shift: factor.map { -$0 }, as: output)
      case .multiply: return emitAffine(first, scale: factor, shift: [0], as: output)
      case .divide: return emitAffine(first, scale: factor.map { 1 / $0 }, shift: [0], as: output)
      }
    }
    if let factor = channelConstant(first, like: self[second]), self[output].shape == self[second].shape {
      switch binary {
      case .add: return emitAffine(second, scale: [1], shift: factor, as: output)
      case .subtract: return emitAffine(second, scale: [-1], shift: factor, as: output)
      case .multiply: return emitAffine(second, scale: factor, shift: [0], as: output)
      case .divide: break
      }
    }
    emit(Graph.Node(.binary(Graph.Binary(operator: binary, left: first, right: second)), output: output))
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

  private mutating func batchNorm(_ call: Graph.LibtorchCall, _ node: Graph.Node) -> Bool {
    func constant(_ name: String) -> [Double]? { call.value(name).flatMap { self[$0].constant?.elements(Double.self) } }
    guard call.bool("training") == false, let input = call.value("input"), let mean = constant("running_mean"),
      let variance = constant("running_var"), let epsilon = call.number("eps")
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
    let affine = Graph.Affine(
      input: input, scale: addConstant(Tensor(scale)), shift: addConstant(Tensor(shift)))
    emit(Graph.Node(.affine(affine), output: output, module: module))
  }
}
