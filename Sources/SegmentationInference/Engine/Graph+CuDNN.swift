import Torch

extension Graph {
  /// The graph with each convolution that a ReLU follows as one operation of cuDNN, together with the bias and the map
  /// that are added before. Otherwise libtorch goes through the result once more for each of them.
  ///
  /// The nodes keep their places. Grouped convolutions stay as they are, since libtorch has faster kernels of its own for
  /// most of them.
  package func fusedByCuDNN() -> Graph {
    var graph = self
    for (index, node) in nodes.enumerated() {
      guard case .convolution(let convolution) = node.operator, let call = cuDNNCall(convolution, node) else {
        continue
      }
      graph.nodes[index].operator = .libtorch(call)
    }
    return graph
  }

  private func cuDNNCall(_ convolution: Convolution, _ node: Node) -> LibtorchCall? {
    guard case .relu = convolution.activation, !convolution.isTransposed, convolution.groups == 1 else { return nil }
    let border = Border(
      convolution, input: self[convolution.input].shape, kernel: self[convolution.weight].shape,
      output: self[node.output].shape)
    guard border.isSymmetric else { return nil }
    var call = LibtorchCall(
      name: "cudnn_convolution_relu",
      arguments: [("self", .tensor(convolution.input)), ("weight", .tensor(convolution.weight))])
    switch convolution.residual {
    case .none: break
    case .before(let sum):
      call.name = "cudnn_convolution_add_relu"
      call.arguments += [("z", .tensor(sum)), ("alpha", .none)]
    case .after: return nil
    }
    func ints(_ pair: IntPair) -> OperatorArgument<ValueID> { .ints([pair.height, pair.width]) }
    call.arguments += [
      ("bias", convolution.bias.map { .tensor($0) } ?? .none), ("stride", ints(convolution.stride)),
      ("padding", ints(convolution.padding)), ("dilation", ints(convolution.dilation)), ("groups", .int(1)),
    ]
    return call
  }
}
