import Torch

/// Computes a node that has a `NodeKind` with libtorch's operators.
func evaluate(_ kind: NodeKind, _ node: Graph.Node, _ tensor: (Graph.ValueID) -> Tensor) -> Tensor {
  func argument(_ name: String) -> Tensor { tensor(node.value(name)!) }
  func size() -> ImageSize {
    let list = node.ints("size")!
    return ImageSize(height: list[0], width: list[1])
  }
  let x = argument("input")
  switch kind {
  case .conv, .convTranspose: return convolved(node, kind, tensor)
  case .affine:
    let y = x * perChannel(argument("scale"), like: x) + perChannel(argument("shift"), like: x)
    return apply(node.activation, to: y, tensor)
  case .binary:
    let other = argument("other")
    let y =
      switch node.string("operation")! {
      case "add": x + other
      case "subtract": x - other
      case "multiply": x * other
      case "divide": x / other
      case let operation: fatalError("unknown operation \(operation)")
      }
    return apply(node.activation, to: y, tensor)
  case .unary: return apply(node.activation, to: x, tensor)
  case .globalMean: return x.mean([2, 3], keep: true)
  case .resize:
    if node.string("mode") == "nearest" { return x.upsampleNearest2d(size: size()) }
    return x.upsampleBilinear2d(size: size(), alignCorners: node.bool("align_corners")!)
  case .reshape: return x.reshape(node.ints("shape")!)
  case .permute: return x.permute(node.ints("dims")!)
  case .slice:
    let offset = node.int("offset")!
    return x.slice(offset..<offset + node.int("length")!, dimension: node.int("dim")!)
  case .permuteChannels:
    return x.indexSelect(Tensor(node.ints("indices")!).to(device: x.device), dimension: 1)
  case .argmax:
    let resized =
      node.ints("size") == nil
      ? x : x.upsampleBilinear2d(size: size(), alignCorners: node.bool("align_corners")!)
    guard case .dtype(let dtype) = node["dtype"] else { fatalError("an argmax node without an element type") }
    return resized.argmax(dimension: 1).to(dtype: dtype)
  case .normalize:
    let (mean, std) = (node.doubles("mean")!, node.doubles("std")!)
    func constant(_ values: [Double]) -> Tensor {
      Tensor(values.map(Float.init), shape: [1, values.count, 1, 1]).to(device: x.device)
    }
    return (x.to(dtype: .float32) / 255 - constant(mean)) / constant(std)
  }
}

private func convolved(
  _ node: Graph.Node, _ kind: NodeKind, _ tensor: (Graph.ValueID) -> Tensor
) -> Tensor {
  func pair(_ name: String) -> IntPair {
    let list = node.ints(name)!
    return IntPair(list[0], list[1])
  }
  let x = tensor(node.value("input")!)
  let weight = tensor(node.value("weight")!)
  let bias = node.value("bias").map(tensor)
  let y =
    kind == .conv
    ? x.conv2d(
      weight: weight, bias: bias, stride: pair("stride"), padding: pair("padding"), dilation: pair("dilation"),
      groups: node.int("groups")!)
    : x.convTranspose2d(
      weight: weight, bias: bias, stride: pair("stride"), padding: pair("padding"),
      outputPadding: pair("output_padding"), dilation: pair("dilation"), groups: node.int("groups")!)
  var residual = node.value("residual").map(tensor)
  if let scale = node.value("residual_scale") { residual = residual! * perChannel(tensor(scale), like: residual!) }
  switch node.string("residual_position") {
  case "before": return apply(node.activation, to: y + residual!, tensor)
  case "after": return apply(node.activation, to: y, tensor) + residual!
  default: return apply(node.activation, to: y, tensor)
  }
}

/// A vector of one element, or of one element per channel, in a shape that broadcasts over `x`.
private func perChannel(_ vector: Tensor, like x: Tensor) -> Tensor {
  vector.to(dtype: x.dtype, device: x.device)
    .reshape(vector.count == 1 ? [] : [-1] + [Int](repeating: 1, count: x.rank - 2))
}

private func apply(_ activation: Graph.Activation, to x: Tensor, _ tensor: (Graph.ValueID) -> Tensor) -> Tensor {
  switch activation {
  case .identity: x
  case .relu: x.relu()
  case .clamp(let lower, let upper):
    x.clamp(min: lower == -.infinity ? nil : lower, max: upper == .infinity ? nil : upper)
  case .leakyReLU(let slope): x.leakyReLU(slope)
  case .prelu(let slope): x.prelu(tensor(slope))
  case .elu(let alpha): x.elu(alpha)
  case .selu: x.selu()
  case .gelu(let tanh): x.gelu(tanhApproximation: tanh)
  case .sigmoid: x.sigmoid()
  case .hardsigmoid: x.hardsigmoid()
  case .silu: x.silu()
  case .hardswish: x.hardswish()
  case .tanh: x.tanh()
  }
}
