import CKernels
import Torch

/// A network as a list of operations whose weights are not packed yet.
final class EngineProgram {
  /// The map that holds the normalized image. If the network needs a larger input, the rest, to the right and below, is
  /// zeros.
  let input: EngineTensor
  let output: EngineTensor
  /// Tensors that keep their memory from run to run: the input, the output and constants.
  let persistent: [EngineTensor]
  /// Constants that kernels read as maps.
  let constants: [(tensor: EngineTensor, source: Tensor)]
  let cost: Graph.Cost
  let weightBytes: Int
  private var operations: [EngineOperation]

  /// - Parameters:
  ///   - type: The element type of every map that is not quantized.
  ///   - bytes: The nodes that compute on quantized maps; `nil` if there are none.
  ///   - choices: The kernels that were measured to be the fastest; `nil` to choose by estimates.
  ///   - cacheBytes: The size of the processor's caches in bytes.
  init(
    _ graph: Graph, type: ck_type, bytes: ByteAssignment? = nil, choices: KernelChoices? = nil,
    cacheBytes: Int = 16 << 20
  ) throws {
    let shape = graph[graph.inputs[0]].shape
    input = EngineTensor(.map(height: shape[2], width: shape[3], channels: 3), type: type)
    let lowering = try Lowering(
      graph, input: input, type: type, bytes: bytes, choices: choices, cacheBytes: cacheBytes)
    output = lowering.output
    persistent = lowering.persistent
    constants = lowering.constants
    operations = lowering.operations
    cost = lowering.cost
    weightBytes = lowering.weightBytes
  }

  /// Returns the operations and keeps none of them, so that the caller owns their weights.
  func takeOperations() -> [EngineOperation] {
    defer { operations = [] }
    return operations
  }
}
