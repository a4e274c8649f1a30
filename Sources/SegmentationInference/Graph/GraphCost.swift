import Torch

extension Graph {
  /// Work of one node.
  public struct Cost: Sendable, Hashable {
    /// Products of a weight or matrix element with another value, as in `ModelProfile`.
    public var multiplyAccumulates = 0
    /// Bytes of all tensors read, weights among them, each once.
    public var bytesRead = 0
    public var bytesWritten = 0

    public init(multiplyAccumulates: Int = 0, bytesRead: Int = 0, bytesWritten: Int = 0) {
      self.multiplyAccumulates = multiplyAccumulates
      self.bytesRead = bytesRead
      self.bytesWritten = bytesWritten
    }

    public static func + (a: Cost, b: Cost) -> Cost {
      Cost(
        multiplyAccumulates: a.multiplyAccumulates + b.multiplyAccumulates, bytesRead: a.bytesRead + b.bytesRead,
        bytesWritten: a.bytesWritten + b.bytesWritten)
    }
  }

  /// What a node computes and moves; a slice or reshape moves nothing.
  /// - Parameter numberSize: Bytes that a number takes in an engine of another precision.
  public func cost(of node: Node, numberSize: Int = 4) -> Cost {
    switch node.kind {
    case .slice, .reshape: return Cost()
    default: break
    }
    let inputs = node.inputs
    var cost = Cost()
    cost.multiplyAccumulates = multiplyAccumulates(of: node, inputs)
    cost.bytesRead = Set(inputs).reduce(0) { $0 + bytes(of: $1, numberSize: numberSize) }
    cost.bytesWritten = node.outputs.reduce(0) { $0 + bytes(of: $1, numberSize: numberSize) }
    return cost
  }

  /// Bytes of a value, where a number takes some.
  func bytes(of id: ValueID, numberSize: Int) -> Int {
    self[id].dtype == .float32 ? self[id].count * numberSize : self[id].size
  }

  /// The cost of all nodes together.
  public var cost: Cost { cost { _ in 4 } }

  /// The same in an engine where numbers that a node reads or makes take some bytes.
  func cost(numberSize: (Node) -> Int) -> Cost {
    nodes.reduce(Cost()) { $0 + cost(of: $1, numberSize: numberSize($1)) }
  }

  /// Bytes of the constants that nodes read, each once.
  func weightBytes(numberSize: (Node) -> Int) -> Int {
    var bytes: [ValueID: Int] = [:]
    for node in nodes {
      for id in node.inputs where self[id].constant != nil { bytes[id] = self[id].count * numberSize(node) }
    }
    return bytes.values.reduce(0, +)
  }

  private func multiplyAccumulates(of node: Node, _ inputs: [ValueID]) -> Int {
    guard inputs.count >= 2 else { return 0 }
    let (first, second, output) = (self[inputs[0]], self[inputs[1]], self[node.output])
    switch node.name {
    case "conv2d", NodeKind.conv.rawValue: return output.count * second.shape.dropFirst().reduce(1, *)
    case "conv_transpose2d", NodeKind.convTranspose.rawValue:
      return first.count * second.shape.dropFirst().reduce(1, *)
    case "linear", "matmul", "bmm", "mm": return output.count * (first.shape.last ?? 1)
    default: return 0
    }
  }
}
