import Torch

extension GraphPass {
  /// Marks the values that an assignment holds in bytes, and places nodes that turn numbers into bytes, or bytes into
  /// numbers, just before the first node that needs them.
  static func insertQuantization(_ assignment: QuantizationAssignment) -> GraphPass {
    GraphPass("insert quantization") { graph in
      var copies: [Graph.ValueID: Graph.ValueID] = [:]  // the other form of a value: bytes of numbers, numbers of bytes
      var result = GraphRewriter.rewrite(graph) { rewriter, node in
        for output in node.outputs where assignment.quantized.contains(output) {
          rewriter.quantize(output, assignment.quantizations[output])
        }
        let takesBytes = assignment.contains(node)
        var converted = node
        // A convolution on bytes adds a residual in either form.
        let (main, residual) = takesBytes ? node.operator.withoutResidual : (node.operator, .none)
        converted.operator = main.mapValues { id in
          let isNumber = graph[id].constant == nil && graph[id].dtype == .float32
          let isQuantized = assignment.quantized.contains(id)
          guard isNumber, isQuantized != takesBytes else { return id }
          if let copy = copies[id] { return copy }
          let copy = rewriter.addValue(graph[id].shape)
          if takesBytes { rewriter.quantize(copy, assignment.quantizations[id]) }
          rewriter.emit(
            Graph.Node(
              takesBytes ? .quantize(Graph.Quantize(input: id)) : .dequantize(Graph.Dequantize(input: id)),
              output: copy))
          copies[id] = copy
          return copy
        }
        if case .convolution(var convolution) = converted.operator, residual != .none {
          convolution.residual = residual
          converted.operator = .convolution(convolution)
        }
        rewriter.emit(converted)
      }
      result.outputs = result.outputs.map { output in
        guard assignment.quantized.contains(output) else { return output }
        if let copy = copies[output] { return copy }
        let copy = result.addValue(graph[output].shape)
        result.nodes.append(Graph.Node(.dequantize(Graph.Dequantize(input: output)), output: copy))
        return copy
      }
      return result
    }
  }
}

extension Graph.Operator {
  /// The operator without the residual of a convolution, and that residual.
  fileprivate var withoutResidual: (Graph.Operator, Graph.Residual) {
    guard case .convolution(var convolution) = self else { return (self, .none) }
    let residual = convolution.residual
    convolution.residual = .none
    return (.convolution(convolution), residual)
  }
}
