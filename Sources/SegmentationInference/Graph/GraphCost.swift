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

  /// The size of a value in bytes if a number takes `numberSize` bytes.
  func bytes(of id: ValueID, numberSize: Int) -> Int {
    self[id].dtype == .float32 ? self[id].count * numberSize : self[id].size
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
