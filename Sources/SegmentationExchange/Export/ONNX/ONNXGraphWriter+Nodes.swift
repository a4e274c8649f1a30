import ONNX
import SegmentationInference
import Torch

extension ONNXGraphWriter {
  /// Writes the present node and returns the name of its first result.
  mutating func writeNode() throws(ExchangeError) -> String {
    switch node.operator {
    case .convolution(let convolution): return try write(convolution)
    case .linear(let linear): return write(linear)
    case .affine(let affine): return write(affine)
    case .unary(let unary): return activated(read(unary.input), unary.activation)
    case .binary(let binary): return write(binary)
    case .resize(let resize): return try write(resize)
    case .concatenate(let join):
      return builder.emit("Concat", join.inputs.map { read($0) }, [.int("axis", join.axis)])
    case .pool(let pool): return try write(pool)
    case .adaptivePool(let pool): return try write(pool)
    case .unpool(let unpool): return try write(unpool)
    case .reduce(let reduce): return write(reduce)
    case .matmul(let product): return write(product)
    case .softmax(let softmax): return builder.emit("Softmax", [read(softmax.input)], [.int("axis", softmax.axis)])
    case .layerNorm(let norm): return write(norm)
    case .groupNorm(let norm): return write(norm)
    case .reshape(let reshape): return try write(reshape)
    case .permute(let permute): return builder.emit("Transpose", [read(permute.input)], [.ints("perm", permute.order)])
    case .slice(let slice): return try write(slice)
    case .permuteChannels(let permutation):
      return builder.emit("Gather", [read(permutation.input), builder.ints(permutation.order)], [.int("axis", 1)])
    case .pixelShuffle(let shuffle):
      return builder.emit(
        "DepthToSpace", [read(shuffle.input)], [.int("blocksize", shuffle.factor), .string("mode", "CRD")])
    case .pad(let pad): return try write(pad)
    case .libtorch(let call) where call.name == "batch_norm": return try writeBatchNorm(call)
    case .libtorch, .shuffle, .classMap, .quantize, .dequantize:
      throw refusal("has no counterpart there")
    }
  }

  // MARK: - Elements

  private mutating func write(_ affine: Graph.Affine) -> String {
    let rank = graph[node.output].shape.count
    var result = read(affine.input)
    if let scale = perChannel(affine.scale, rank: rank, unless: 1) { result = builder.emit("Mul", [result, scale]) }
    if let shift = perChannel(affine.shift, rank: rank, unless: 0) { result = builder.emit("Add", [result, shift]) }
    return activated(result, affine.activation)
  }

  /// A constant of one element per channel in a shape that broadcasts to [N, C, ...]; `nil` if all its elements are the
  /// number that changes nothing.
  mutating func perChannel(_ id: Graph.ValueID, rank: Int, unless neutral: Float) -> String? {
    guard let tensor = graph[id].constant?.detached() else { return nil }
    let values = tensor.to(dtype: .float32, device: .cpu).elements(Float.self)
    if values.allSatisfy({ $0 == neutral }) { return nil }
    return perChannel(values, rank: rank)
  }

  /// Numbers, one per channel or one for all, in a shape that broadcasts to [N, C, ...].
  mutating func perChannel(_ values: [Float], rank: Int) -> String {
    if values.count == 1 { return builder.float(Double(values[0])) }
    let shape = [1, values.count] + [Int](repeating: 1, count: max(0, rank - 2))
    return builder.floats(values, shape: rank < 2 ? [values.count] : shape)
  }

  private mutating func write(_ binary: Graph.Binary) -> String {
    let result = builder.emit(binary.operator.onnxName, [read(binary.left), read(binary.right)])
    return activated(result, binary.activation)
  }

  // MARK: - Matrices

  private mutating func write(_ linear: Graph.Linear) -> String {
    let (weight, input) = (graph[linear.weight], read(linear.input))
    let bias = linear.bias.map { read($0) }
    var result: String
    if graph[linear.input].shape.count == 2 {
      result = builder.emit("Gemm", [input, read(linear.weight)] + (bias.map { [$0] } ?? []), [.int("transB", 1)])
    } else {
      let matrix: String
      if let constant = weight.constant {
        matrix = builder.constant(
          withoutGradients { constant.detached().transpose(0, 1) }, named: (weight.name ?? "weight") + ".transposed")
      } else {
        matrix = builder.emit("Transpose", [read(linear.weight)], [.ints("perm", [1, 0])])
      }
      result = builder.emit("MatMul", [input, matrix])
      if let bias { result = builder.emit("Add", [result, bias]) }
    }
    result = activated(result, linear.activation)
    return result
  }

  private mutating func write(_ product: Graph.MatrixProduct) -> String {
    func transposed(_ id: Graph.ValueID, _ isTransposed: Bool, _ writer: inout ONNXGraphWriter) -> String {
      let name = writer.read(id)
      guard isTransposed else { return name }
      var order = Array(writer.graph[id].shape.indices)
      order.swapAt(order.count - 2, order.count - 1)
      return writer.builder.emit("Transpose", [name], [.ints("perm", order)])
    }
    let left = transposed(product.left, product.transposesLeft, &self)
    let right = transposed(product.right, product.transposesRight, &self)
    return builder.emit("MatMul", [left, right])
  }

  // MARK: - Normalization and reduction

  private mutating func write(_ norm: Graph.LayerNorm) -> String {
    let shape = Array(graph[node.output].shape.suffix(norm.dimensions))
    let count = shape.reduce(1, *)
    let scale = norm.scale.map { read($0) } ?? builder.floats([Float](repeating: 1, count: count), shape: shape)
    let shift = norm.shift.map { [read($0)] } ?? []
    return builder.emit(
      "LayerNormalization", [read(norm.input), scale] + shift,
      [.int("axis", -norm.dimensions), .float("epsilon", norm.epsilon)])
  }

  /// ONNX's own operator for groups has one scale for each group before opset 21, so the groups become the channels of an
  /// instance normalization.
  private mutating func write(_ norm: Graph.GroupNorm) -> String {
    let (input, rank) = (read(norm.input), graph[node.output].shape.count)
    let grouped = builder.emit("Reshape", [input, builder.ints([0, norm.groups, -1])])
    let ones = builder.floats([Float](repeating: 1, count: norm.groups), shape: [norm.groups])
    let zeros = builder.floats([Float](repeating: 0, count: norm.groups), shape: [norm.groups])
    let normal = builder.emit("InstanceNormalization", [grouped, ones, zeros], [.float("epsilon", norm.epsilon)])
    var result = builder.emit("Reshape", [normal, builder.emit("Shape", [input])])
    if let scale = norm.scale.flatMap({ perChannel($0, rank: rank, unless: 1) }) {
      result = builder.emit("Mul", [result, scale])
    }
    if let shift = norm.shift.flatMap({ perChannel($0, rank: rank, unless: 0) }) {
      result = builder.emit("Add", [result, shift])
    }
    return result
  }

  private mutating func writeBatchNorm(_ call: Graph.LibtorchCall) throws(ExchangeError) -> String {
    var (values, epsilon): ([String: Graph.ValueID], Double) = ([:], 1e-5)
    for argument in call.arguments {
      switch argument.value {
      case .tensor(let id): values[argument.name] = id
      case .double(let number) where argument.name == "eps": epsilon = number
      default: break
      }
    }
    guard let input = values["input"], let mean = values["running_mean"], let variance = values["running_var"] else {
      throw refusal("uses the statistics of its input")
    }
    let channels = graph[mean].count
    let shape = [channels]
    let scale =
      values["weight"].map { read($0) } ?? builder.floats([Float](repeating: 1, count: channels), shape: shape)
    let shift = values["bias"].map { read($0) } ?? builder.floats([Float](repeating: 0, count: channels), shape: shape)
    return builder.emit(
      "BatchNormalization", [read(input), scale, shift, read(mean), read(variance)], [.float("epsilon", epsilon)])
  }

  private mutating func write(_ reduce: Graph.Reduce) -> String {
    let name: String
    switch reduce.kind {
    case .mean: name = "ReduceMean"
    case .largest: name = "ReduceMax"
    case .sum: name = "ReduceSum"
    case .norm: name = "ReduceL2"
    }
    return self.reduce(name, read(reduce.input), axes: reduce.axes, keepsAxes: reduce.keepsAxes)
  }

  /// A reduction; its axes were an attribute before opset 18, and of sums before opset 13.
  mutating func reduce(_ type: String, _ input: String, axes: [Int], keepsAxes: Bool) -> String {
    let keeps = ONNXAttribute.int("keepdims", keepsAxes ? 1 : 0)
    if builder.opset >= 18 || type == "ReduceSum" { return builder.emit(type, [input, builder.ints(axes)], [keeps]) }
    return builder.emit(type, [input], [.ints("axes", axes), keeps])
  }
}

extension Graph.BinaryOperator {
  /// The name of ONNX's operator.
  var onnxName: String {
    switch self {
    case .add: "Add"
    case .subtract: "Sub"
    case .multiply: "Mul"
    case .divide: "Div"
    }
  }
}
