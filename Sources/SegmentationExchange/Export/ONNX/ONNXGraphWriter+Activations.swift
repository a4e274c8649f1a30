import ONNX
import SegmentationInference

extension ONNXGraphWriter {
  /// Applies an activation function to a value of the shape of the present node's result.
  mutating func activated(_ x: String, _ activation: Graph.Activation) -> String {
    switch activation {
    case .identity: return x
    case .relu: return builder.emit("Relu", [x])
    case .clamp(let lower, let upper):
      let least = lower == -.infinity ? "" : builder.float(lower)
      return builder.emit("Clip", upper == .infinity ? [x, least] : [x, least, builder.float(upper)])
    case .leakyReLU(let slope): return builder.emit("LeakyRelu", [x], [.float("alpha", slope)])
    case .prelu(let slope): return builder.emit("PRelu", [x, prelu(slope)])
    case .elu(let alpha): return builder.emit("Elu", [x], [.float("alpha", alpha)])
    case .selu: return builder.emit("Selu", [x])
    case .gelu(let isApproximate): return gelu(x, isApproximate: isApproximate)
    case .sigmoid: return builder.emit("Sigmoid", [x])
    case .hardsigmoid: return builder.emit("HardSigmoid", [x], [.float("alpha", 1.0 / 6), .float("beta", 0.5)])
    case .silu: return builder.emit("Mul", [x, builder.emit("Sigmoid", [x])])
    case .hardswish: return builder.emit("HardSwish", [x])
    case .tanh: return builder.emit("Tanh", [x])
    }
  }

  /// The slope of PReLU, in a shape that broadcasts to the result.
  private mutating func prelu(_ slope: Graph.ValueID) -> String {
    guard let tensor = graph[slope].constant?.detached() else { return read(slope) }
    let values = tensor.to(dtype: .float32, device: .cpu).elements(Float.self)
    let rest = [Int](repeating: 1, count: max(0, graph[node.output].shape.count - 2))
    return builder.floats(values, shape: values.count == 1 ? [1] : [values.count] + rest)
  }

  /// ONNX has the function from opset 20 on.
  private mutating func gelu(_ x: String, isApproximate: Bool) -> String {
    if builder.opset >= 20 {
      return builder.emit("Gelu", [x], isApproximate ? [.string("approximate", "tanh")] : [])
    }
    let inner: String
    if isApproximate {
      let cube = builder.emit("Mul", [builder.emit("Mul", [x, x]), x])
      let sum = builder.emit("Add", [x, builder.emit("Mul", [cube, builder.float(0.044715)])])
      inner = builder.emit("Tanh", [builder.emit("Mul", [sum, builder.float((2 / Double.pi).squareRoot())])])
    } else {
      inner = builder.emit("Erf", [builder.emit("Mul", [x, builder.float(0.5.squareRoot())])])
    }
    let half = builder.emit("Mul", [x, builder.float(0.5)])
    return builder.emit("Mul", [half, builder.emit("Add", [inner, builder.float(1)])])
  }
}
