import CKernels
import Torch

/// A graph as calls of kernels, with its input and its output.
struct CompiledGraph {
  /// The normalized image, with zeros to the right and below where the network needs a larger one.
  let input: EngineTensor
  let output: EngineTensor
  let plan: EnginePlan

  /// - Parameters:
  ///   - type: Of maps that are not bytes.
  ///   - bytes: What is computed on bytes; `nil` for nothing.
  init(_ graph: Graph, type: ck_type, bytes: ByteAssignment? = nil, pool: KernelPool) throws {
    let shape = graph[graph.inputs[0]].shape
    input = EngineTensor(.map(height: shape[2], width: shape[3], channels: 3), type: type)
    let lowering = try Lowering(graph, input: input, type: type, bytes: bytes)
    output = lowering.output
    plan = try EnginePlan(lowering.operations, persistent: lowering.persistent, pool: pool)
    withoutGradients {
      for (tensor, source) in lowering.constants { tensor.view().copyInPlace(source) }
    }
  }

  /// The part of the input that an image of a size fills.
  func imageMap(_ size: IntPair) -> ck_map {
    var map = input.map.pointee
    map.height = Int32(size.height)
    map.width = Int32(size.width)
    return map
  }

  /// Runs on a normalized image [1, 3, H, W].
  func run(_ image: Tensor, size: IntPair, pool: KernelPool) throws {
    let planes = image.to(dtype: .float32).contiguous()
    try planes.withUnsafeBytes { bytes in
      var target = imageMap(size)
      guard ck_from_planes(pool.handle, bytes.baseAddress!.assumingMemoryBound(to: Float.self), &target) else {
        throw EngineError.kernel(lastKernelError())
      }
    }
    try plan.run()
  }
}
