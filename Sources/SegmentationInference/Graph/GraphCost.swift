import Torch

extension Graph {
  /// The work of one node or of several.
  public struct Cost: Sendable, Hashable {
    /// The number of products of a weight or matrix element with another value, counted as in `ModelProfile`.
    public var multiplyAccumulates = 0
    /// The bytes of all tensors read, weights included, each counted once.
    public var bytesRead = 0
    /// The bytes of all tensors written.
    public var bytesWritten = 0

    /// Creates a cost from its parts.
    public init(multiplyAccumulates: Int = 0, bytesRead: Int = 0, bytesWritten: Int = 0) {
      self.multiplyAccumulates = multiplyAccumulates
      self.bytesRead = bytesRead
      self.bytesWritten = bytesWritten
    }

    /// The sum of two costs.
    public static func + (a: Cost, b: Cost) -> Cost {
      Cost(
        multiplyAccumulates: a.multiplyAccumulates + b.multiplyAccumulates, bytesRead: a.bytesRead + b.bytesRead,
        bytesWritten: a.bytesWritten + b.bytesWritten)
    }
  }

  /// The work of a node. A slice or a reshape costs nothing.
  /// - Parameter numberSize: The size of a number in bytes, for an engine of another precision than float32.
  package func cost(of node: Node, numberSize: Int = 4) -> Cost {
    switch node.operator {
    case .slice, .reshape: return Cost()
    default: break
    }
    let inputs = node.inputs
    var cost = Cost()
    cost.multiplyAccumulates = multiplyAccumulates(of: node)
    cost.bytesRead = Set(inputs).reduce(0) { $0 + bytes(of: $1, numberSize: numberSize) }
    cost.bytesWritten = node.outputs.reduce(0) { $0 + bytes(of: $1, numberSize: numberSize) }
    return cost
  }

  /// The size of a value in bytes if a number takes `numberSize` bytes.
  func bytes(of id: ValueID, numberSize: Int) -> Int {
    if self[id].quantization != nil { return self[id].count }
    return self[id].dtype == .float32 ? self[id].count * numberSize : self[id].size
  }

  /// The cost of all nodes together in float32.
  public var cost: Cost { cost { _ in 4 } }

  /// The cost of all nodes together, with the size in bytes of the numbers that each node reads and makes.
  func cost(numberSize: (Node) -> Int) -> Cost {
    nodes.reduce(Cost()) { $0 + cost(of: $1, numberSize: numberSize($1)) }
  }

  /// The size in bytes of the constants that nodes read, each counted once.
  func weightBytes(numberSize: (Node) -> Int) -> Int {
    var bytes: [ValueID: Int] = [:]
    for node in nodes {
      for id in node.inputs where self[id].constant != nil { bytes[id] = self[id].count * numberSize(node) }
    }
    return bytes.values.reduce(0, +)
  }

  private func multiplyAccumulates(of node: Node) -> Int {
    let made = self[node.output].count
    switch node.operator {
    case .convolution(let convolution):
      let perElement = self[convolution.weight].shape.dropFirst().reduce(1, *)
      return (convolution.isTransposed ? self[convolution.input].count : made) * perElement
    case .linear(let linear): return made * (self[linear.input].shape.last ?? 1)
    case .matmul(let product):
      let shape = self[product.left].shape
      return made * (product.transposesLeft ? shape.dropLast() : shape[...]).last!
    case .libtorch(let call): return multiplyAccumulates(of: call, call.inputs.map { self[$0] }, made)
    case .affine, .unary, .binary, .resize, .concatenate, .pool, .adaptivePool, .unpool, .reduce, .softmax,
      .layerNorm, .groupNorm, .reshape, .permute, .slice, .permuteChannels, .shuffle, .pixelShuffle, .pad, .classMap,
      .quantize, .dequantize:
      return 0
    }
  }

  private func multiplyAccumulates(of call: LibtorchCall, _ inputs: [Value], _ made: Int) -> Int {
    guard inputs.count >= 2 else { return 0 }
    switch call.name {
    case "conv2d": return made * inputs[1].shape.dropFirst().reduce(1, *)
    case "conv_transpose2d": return inputs[0].count * inputs[1].shape.dropFirst().reduce(1, *)
    case "linear", "matmul", "bmm", "mm": return made * (inputs[0].shape.last ?? 1)
    default: return 0
    }
  }
}
