import ONNX

/// The operators of ONNX that can be imported.
enum OperatorTable {
  /// The function that imports a node of an operator and gives its results.
  enum Body: Sendable {
    case plain(@Sendable (inout GraphImporter, ImportedNode) throws -> [ImportedValue])
    /// A function that also reads values by name, for the branches of a node.
    case control(@Sendable (inout GraphImporter, ImportedNode, Scope) throws -> [ImportedValue])
  }

  /// An operator with one result.
  private static func one(
    _ body: @escaping @Sendable (inout GraphImporter, ImportedNode) throws -> ImportedValue
  ) -> Body {
    .plain { importer, node in [try body(&importer, node)] }
  }

  static let operators: [String: Body] = layers.merging(numbers) { $1 }.merging(shapes) { $1 }

  /// Layers of networks.
  private static let layers: [String: Body] = [
    "Conv": one { try $0.convolution($1) },
    "ConvTranspose": one { try $0.transposedConvolution($1) },
    "Gemm": one { try $0.gemm($1) },
    "MatMul": one { try $0.matrixProduct($1) },
    "Einsum": one { try $0.einsum($1) },
    "BatchNormalization": one { try $0.batchNormalization($1) },
    "InstanceNormalization": one { try $0.instanceNormalization($1) },
    "LayerNormalization": one { try $0.layerNormalization($1) },
    "GroupNormalization": one { try $0.groupNormalization($1) },
    "MaxPool": .plain { try $0.maxPool($1) },
    "MaxUnpool": one { try $0.maxUnpool($1) },
    "AveragePool": one { try $0.averagePool($1) },
    "GlobalAveragePool": one { try $0.globalPool($1, "mean") },
    "GlobalMaxPool": one { try $0.globalPool($1, "amax") },
    "Resize": one { try $0.resize($1) },
    "Upsample": one { try $0.upsample($1) },
    "DepthToSpace": one { try $0.depthToSpace($1) },
    "SpaceToDepth": one { try $0.spaceToDepth($1) },
    "Softmax": one { try $0.softmax($1) },
    "QuantizeLinear": one { try $0.quantizeLinear($1) },
    "DequantizeLinear": one { try $0.dequantizeLinear($1) },
  ]

  /// Operators on single numbers, and reductions.
  private static let numbers: [String: Body] = [
    "Relu": one { try $0.activation($1, "relu") },
    "Sigmoid": one { try $0.activation($1, "sigmoid") },
    "Tanh": one { try $0.tanh($1) },
    "Selu": one { try $0.selu($1) },
    "LeakyRelu": one { try $0.leakyRelu($1) },
    "Elu": one { try $0.elu($1) },
    "PRelu": one { try $0.prelu($1) },
    "Gelu": one { try $0.gelu($1) },
    "HardSigmoid": one { try $0.hardSigmoid($1) },
    "HardSwish": one { try $0.activation($1, "hardswish") },
    "Swish": one { try $0.swish($1) },
    "Mish": one { try $0.mish($1) },
    "Softplus": one { try $0.softplus($1) },
    "Clip": one { try $0.clip($1) },
    "Add": one { try $0.addition($1) },
    "Sub": one { try $0.subtract($1.input(0), $1.input(1)) },
    "Mul": one { try $0.multiplication($1) },
    "Div": one { try $0.division($1) },
    "Pow": one { try $0.power($1) },
    "Sqrt": one { try $0.squareRoot($1) },
    "Reciprocal": one { try $0.divide($0.scalar(1), $1.input(0)) },
    "Neg": one { try $0.scaled($1.input(0), by: -1) },
    "Abs": one { try $0.absolute($1.input(0)) },
    "Erf": one { try $0.activation($1, "erf") },
    "Max": one { try $0.extreme($1, isLargest: true) },
    "Min": one { try $0.extreme($1, isLargest: false) },
    "Sum": one { try $0.sum($1) },
    "Mean": one { try $0.mean($1) },
    "Where": one { try $0.select($1) },
    "ReduceMean": one { try $0.reduce($1, "mean") },
    "ReduceSum": one { try $0.reduce($1, "sum") },
    "ReduceMax": one { try $0.reduce($1, "amax") },
    "ReduceMin": one { try $0.reduceMin($1) },
    "ReduceL1": one { try $0.reduceL1($1) },
    "ReduceL2": one { try $0.reduce($1, "linalg_vector_norm") },
    "ReduceSumSquare": one { try $0.reduceSumSquare($1) },
    "ReduceProd": one { try $0.constantReduction($1, "prod") },
    "ArgMax": one { try $0.argMax($1) },
    "Exp": one { try $0.ofConstants($1, "exp") },
    "Log": one { try $0.ofConstants($1, "log") },
    "Floor": one { try $0.ofConstants($1, "floor") },
    "Ceil": one { try $0.ofConstants($1, "ceil") },
    "Round": one { try $0.ofConstants($1, "round") },
    "Sign": one { try $0.ofConstants($1, "sign") },
    "Sin": one { try $0.ofConstants($1, "sin") },
    "Cos": one { try $0.ofConstants($1, "cos") },
    "Not": one { try $0.ofConstants($1, "bitwise_not") },
    "And": one { try $0.ofTwoConstants($1, "bitwise_and") },
    "Or": one { try $0.ofTwoConstants($1, "bitwise_or") },
    "Equal": one { try $0.ofTwoConstants($1, "eq") },
    "Less": one { try $0.ofTwoConstants($1, "lt") },
    "LessOrEqual": one { try $0.ofTwoConstants($1, "le") },
    "Greater": one { try $0.ofTwoConstants($1, "gt") },
    "GreaterOrEqual": one { try $0.ofTwoConstants($1, "ge") },
    "Mod": one { try $0.modulo($1) },
    "CumSum": one { try $0.cumulativeSum($1) },
  ]

  /// Operators that move numbers, make constants or decide what is computed.
  private static let shapes: [String: Body] = [
    "Identity": one { _, node in try node.input(0) },
    "Dropout": one { _, node in try node.input(0) },
    "Cast": one { try $0.cast($1) },
    "CastLike": one { try $0.castLike($1) },
    "Reshape": one { try $0.reshape($1) },
    "Flatten": one { try $0.flatten($1) },
    "Squeeze": one { try $0.squeeze($1) },
    "Unsqueeze": one { try $0.unsqueeze($1) },
    "Transpose": one { try $0.transpose($1) },
    "Concat": one { try $0.concatenate($1) },
    "Split": .plain { try $0.split($1) },
    "Slice": one { try $0.slice($1) },
    "Gather": one { try $0.gather($1) },
    "Expand": one { try $0.expand($1) },
    "Tile": one { try $0.tile($1) },
    "Pad": one { try $0.pad($1) },
    "Shape": one { try $0.shape($1) },
    "Size": one { try $0.size($1) },
    "Constant": one { try $0.constant($1) },
    "ConstantOfShape": one { try $0.constantOfShape($1) },
    "Range": one { try $0.range($1) },
    "NonZero": one { try $0.nonZero($1) },
    "If": .control { try $0.branch($1, $2) },
  ]
}
