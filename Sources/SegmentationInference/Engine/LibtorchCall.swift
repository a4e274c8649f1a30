import CKernels
import Torch

/// A call of one of libtorch's operators on views of a plan's memory.
final class LibtorchCall {
  private let node: Graph.Node
  private let inputs: [(id: Graph.ValueID, tensor: EngineTensor)]
  private let outputs: [EngineTensor]
  private var constants: [Graph.ValueID: Tensor] = [:]
  private var views: [Graph.ValueID: Tensor] = [:]
  private var targets: [Tensor] = []

  init(
    _ node: Graph.Node, _ graph: Graph, inputs: [(id: Graph.ValueID, tensor: EngineTensor)], outputs: [EngineTensor]
  ) {
    self.node = node
    self.inputs = inputs
    self.outputs = outputs
    for id in node.inputs { constants[id] = graph[id].constant }
  }

  /// Makes the views. This happens in the first run, because the memory is not there before.
  private func bind() {
    for (id, tensor) in inputs { views[id] = tensor.view() }
    targets = outputs.map { $0.view() }
  }

  func run() -> Bool {
    if targets.isEmpty { bind() }
    withoutGradients {
      let results = evaluate(node, read)
      for (target, result) in zip(targets, results) { target.copyInPlace(result) }
    }
    return true
  }

  private func read(_ id: Graph.ValueID) -> Tensor { constants[id] ?? views[id]!.to(dtype: .float32) }
}

extension EngineTensor {
  /// The same memory as a tensor of libtorch.
  func view() -> Tensor {
    let dtype: DType = type == CK_BFLOAT16 ? .bfloat16 : type == CK_UINT8 ? .uint8 : .float32
    if isMap {
      let (row, pixel) = (Int(map.pointee.row), Int(map.pointee.pixel))
      return Tensor(memory: data, shape: sizes, strides: [height * row, 1, row, pixel], dtype: dtype)
    }
    var strides = [Int](repeating: 1, count: sizes.count)
    for index in sizes.indices.dropLast().reversed() { strides[index] = strides[index + 1] * sizes[index + 1] }
    return Tensor(memory: data, shape: sizes, strides: strides, dtype: dtype)
  }
}
