import ONNX
import SegmentationInference
import Torch

extension ONNXGraphWriter {
  mutating func write(_ convolution: Graph.Convolution) throws(ExchangeError) -> String {
    let kernel = Array(graph[convolution.weight].shape.suffix(2))
    var attributes: [ONNXAttribute] = [
      .ints("kernel_shape", kernel), .ints("strides", [convolution.stride.height, convolution.stride.width]),
      .ints("dilations", [convolution.dilation.height, convolution.dilation.width]), .int("group", convolution.groups),
      .ints("pads", try padding(of: convolution, kernel)),
    ]
    if convolution.isTransposed {
      attributes.append(.ints("output_padding", try outputPadding(of: convolution)))
    }
    let isInBytes = assignment?.contains(node) ?? false
    let layer =
      isInBytes
      ? quantizedLayer(convolution)
      : [read(convolution.input), read(convolution.weight)] + (convolution.bias.map { [read($0)] } ?? [])
    let result = builder.emit(convolution.isTransposed ? "ConvTranspose" : "Conv", layer, attributes)
    switch convolution.residual {
    case .none: return activated(result, convolution.activation)
    // A convolution on bytes adds a residual in the form in which it is there.
    case .before(let residual):
      return activated(builder.emit("Add", [result, read(residual, inBytes: false)]), convolution.activation)
    case .after(let residual):
      return builder.emit("Add", [activated(result, convolution.activation), read(residual, inBytes: false)])
    }
  }

  private func borders(of convolution: Graph.Convolution) -> [Border] {
    let (inputs, outputs) = (network.shapes(of: convolution.input), network.shapes(of: node.output))
    return zip(inputs, outputs).map {
      Border(convolution, input: $0, kernel: graph[convolution.weight].shape, output: $1)
    }
  }

  /// The zeros above, to the left, below and to the right.
  private func padding(of convolution: Graph.Convolution, _ kernel: [Int]) throws(ExchangeError) -> [Int] {
    let before = convolution.padding
    let borders = borders(of: convolution)
    if convolution.isTransposed || borders.allSatisfy(\.isSymmetric) {
      return [before.height, before.width, before.height, before.width]
    }
    // The last rows need not be read, so there may be several sizes of border that give a map's size.
    let (inputs, outputs) = (network.shapes(of: convolution.input), network.shapes(of: node.output))
    func fits(_ after: Int, axis: Int, before: Int, stride: Int, dilation: Int) -> Bool {
      zip(inputs, outputs).allSatisfy { input, output in
        let extent = (kernel[axis - 2] - 1) * dilation + 1
        return (input[axis] + before + after - extent) / stride + 1 == output[axis]
      }
    }
    let bottom = borders.map { max($0.bottom, 0) }.first {
      fits($0, axis: 2, before: before.height, stride: convolution.stride.height, dilation: convolution.dilation.height)
    }
    let right = borders.map { max($0.right, 0) }.first {
      fits($0, axis: 3, before: before.width, stride: convolution.stride.width, dilation: convolution.dilation.width)
    }
    guard let bottom, let right else {
      throw refusal("pads its input differently at another size; leave --dynamic out")
    }
    return [before.height, before.width, bottom, right]
  }

  private func outputPadding(of convolution: Graph.Convolution) throws(ExchangeError) -> [Int] {
    let borders = borders(of: convolution)
    guard borders.allSatisfy({ $0.bottom == borders[0].bottom && $0.right == borders[0].right }) else {
      throw refusal("makes a size that depends on more than its input's; leave --dynamic out")
    }
    return [borders[0].bottom, borders[0].right]
  }
}
