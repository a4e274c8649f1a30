import CKernels
import Torch

/// A network as operations, before their weights are packed.
final class EngineProgram {
  /// The normalized image, with zeros to the right and below where the network needs a larger one.
  let input: EngineTensor
  let output: EngineTensor
  let persistent: [EngineTensor]
  /// Constants that kernels read as maps.
  let constants: [(tensor: EngineTensor, source: Tensor)]
  let cost: Graph.Cost
  let weightBytes: Int
  private var operations: [EngineOperation]

  /// - Parameters:
  ///   - type: Of maps that are not bytes.
  ///   - bytes: What is computed on bytes; `nil` for nothing.
  ///   - choices: Kernels that were measured, where they are to be.
  ///   - cacheBytes: What the processor's caches hold.
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

  /// Hands the operations over, and with them the weights.
  func takeOperations() -> [EngineOperation] {
    defer { operations = [] }
    return operations
  }
}
