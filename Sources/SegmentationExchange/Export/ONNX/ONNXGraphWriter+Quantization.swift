import ONNX
import SegmentationInference
import Torch

// int8 as pairs of QuantizeLinear and DequantizeLinear around numbers that went through bytes. Runtimes recognize the
// pairs and compute in between with bytes.
extension ONNXGraphWriter {
  /// The numbers that the bytes of a value stand for.
  mutating func rounded(_ id: Graph.ValueID, _ quantization: Graph.Quantization) -> String {
    if let name = roundedNames[id] { return name }
    let scale = builder.floats([quantization.scale], shape: [])
    let zero = builder.bytes([UInt8(clamping: quantization.zero)], shape: [])
    let bytes = builder.emit("QuantizeLinear", [names[id] ?? "", scale, zero])
    let name = builder.emit("DequantizeLinear", [bytes, scale, zero])
    roundedNames[id] = name
    return name
  }

  /// The inputs of a convolution on bytes: the image, the weights and the bias, each with its scale.
  mutating func quantizedLayer(_ convolution: Graph.Convolution) -> [String] {
    let image = read(convolution.input, inBytes: true)
    guard let weight = graph[convolution.weight].constant else { return [image, read(convolution.weight)] }
    // The axis of the result's channels.
    let axis = convolution.isTransposed ? 1 : 0
    let (bytes, scales) = Self.quantized(weight, axis: axis)
    let name = graph[convolution.weight].name ?? "weight"
    // ONNX Runtime changes zero points in place, so that no two weights can share theirs.
    let scale = builder.constant(Tensor(scales), named: "\(name).scale")
    let zero = builder.constant([Int8](repeating: 0, count: scales.count), shape: [scales.count], named: "\(name).zero")
    let stored = builder.constant(bytes, shape: weight.shape, named: name)
    var inputs = [image, builder.emit("DequantizeLinear", [stored, scale, zero], [.int("axis", axis)])]
    if let bias = convolution.bias { inputs.append(quantizedBias(bias, of: convolution, scales)) }
    return inputs
  }

  /// A bias in whole numbers of the size of the products' steps, as runtimes add it.
  private mutating func quantizedBias(
    _ bias: Graph.ValueID, of convolution: Graph.Convolution, _ scales: [Float]
  ) -> String {
    guard !convolution.isTransposed, let values = graph[bias].constant,
      let quantization = assignment?.quantizations[convolution.input]
    else { return read(bias) }
    let steps = scales.map { $0 * quantization.scale }
    let numbers = values.detached().to(dtype: .float32, device: .cpu).elements(Float.self)
    let whole = zip(numbers, steps).map { $1 > 0 ? ($0 / $1).rounded() : .nan }
    // A bias that is large beside its channel's weights does not fit into 32 bits: it stays a number.
    guard whole.allSatisfy({ abs($0) < 0x1p31 }) else { return read(bias) }
    let name = graph[bias].name ?? "bias"
    let stored = builder.constant(Tensor(whole.map { Int32($0) }), named: name)
    let zero = builder.constant(Tensor([Int32](repeating: 0, count: whole.count)), named: "\(name).zero")
    let scale = builder.constant(Tensor(steps), named: "\(name).scale")
    return builder.emit("DequantizeLinear", [stored, scale, zero], [.int("axis", 0)])
  }

  /// Weights in 8 bits with one scale for each index of an axis.
  static func quantized(_ weight: Tensor, axis: Int) -> (bytes: [Int8], scales: [Float]) {
    withoutGradients {
      let wide = weight.detached().to(dtype: .float32, device: .cpu)
      let others = wide.shape.indices.filter { $0 != axis }
      let scale = (wide.abs().max(others, keep: true) / 127).clamp(min: 1e-30)
      let steps = (wide / scale).round().clamp(min: -127, max: 127).contiguous()
      return (steps.elements(Float.self).map { Int8(exactly: $0) ?? 0 }, scale.contiguous().elements(Float.self))
    }
  }
}
