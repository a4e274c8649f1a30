import Torch

extension GraphPass {
  /// Lets convolutions compute on the bytes that a network quantizes itself, as networks from other tools do, where
  /// 8-bit weights keep the values of their weights.
  package static let takeOverQuantization = GraphPass("take over quantization") { graph in
    withoutGradients {
      GraphRewriter.rewrite(graph) { rewriter, node in
        switch node.operator {
        case .convolution(let convolution): rewriter.readBytes(convolution, node)
        case .quantize(let quantize) where rewriter.makeBytes(quantize, node): break
        default: rewriter.emit(node)
        }
      }
    }
  }
}

extension GraphRewriter {
  /// Emits a convolution, which reads bytes if its input is made from some.
  fileprivate mutating func readBytes(_ convolution: Graph.Convolution, _ node: Graph.Node) {
    var onBytes = node
    if case .dequantize(let source)? = producer(of: convolution.input)?.operator,
      KernelSupport.supports(node, in: graph, quantized: true), let weight = self[convolution.weight].constant,
      !convolution.isTransposed, Self.fitsBytes(weight)
    {
      var convolution = convolution
      convolution.input = source.input
      onBytes.operator = .convolution(convolution)
    }
    emit(onBytes)
  }

  /// Lets the convolution on bytes before a node make the node's bytes.
  /// - Returns: Whether there is such a convolution.
  fileprivate mutating func makeBytes(_ quantize: Graph.Quantize, _ node: Graph.Node) -> Bool {
    guard var layer = producer(of: quantize.input), isReadOnce(quantize.input),
      case .convolution(let convolution) = layer.operator, self[convolution.input].quantization != nil,
      convolution.residual == .none
    else { return false }
    layer.outputs = node.outputs
    update(producerOf: quantize.input, to: layer)
    return true
  }

  /// Whether bytes with one scale for each output channel, whose largest one is 127, stand for exactly these weights.
  private static func fitsBytes(_ weight: Tensor) -> Bool {
    let rows = weight.detached().to(dtype: .float64, device: .cpu).reshape([weight.size(0), -1])
    let scales = (rows.abs().max([1]) / 127).clamp(min: 1e-30).unsqueeze(1)
    let steps = rows / scales
    return (steps - steps.round()).abs().max().item < 1e-3
  }
}
