import Torch

// Operators that libtorch computes, because they have no kernel.
extension Lowering {
  mutating func lower(_ call: Graph.LibtorchCall, of node: Graph.Node) throws { try lowerToHost(node) }

  /// Lets libtorch compute a node on the plan's memory. A file cannot hold such a call.
  mutating func lowerToHost(_ node: Graph.Node) throws {
    guard keepsWeightsOutside else { throw unsupported(node, "there is no kernel for it") }
    if let other = node.outputs.first(where: { graph[$0].dtype != .float32 }) {
      throw unsupported(node, "a result of type \(graph[other].dtype)")
    }
    if node.outputs.contains(where: { graph[$0].quantization != nil }) { throw unsupported(node, "quantized maps") }
    let ids = node.inputs.filter { graph[$0].constant == nil }
    // The host sees tensors in row-major order.
    let inputs = try ids.map { id in
      let shape = shape(id)
      let place = try place(id, order: Array(shape.indices))
      pin(place.tensor)
      return place.tensor
    }
    let outputs = node.outputs.map { id in
      let shape = shape(id)
      let place = makeTensor(shape, order: Array(shape.indices), .number)
      places[id] = place
      return place.tensor
    }
    hostCalls.append(HostCall(node: node, inputs: ids))
    add(node, .host(hostCalls.count - 1), inputs, outputs)
  }
}

/// A call of one of libtorch's operators in a plan, with the values that it reads, constants aside.
struct HostCall {
  let node: Graph.Node
  let inputs: [Graph.ValueID]
}
