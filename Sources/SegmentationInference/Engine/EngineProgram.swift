import Torch

/// A network as operations, before their weights are packed.
final class EngineProgram {
  let input: EngineTensor
  let output: EngineTensor
  let persistent: [EngineTensor]
  /// Constants that kernels read as maps.
  let constants: [(tensor: EngineTensor, source: Tensor)]
  let report: String
  let cost: Graph.Cost
  let weightBytes: Int
  private var operations: [EngineOperation]

  init(_ lowering: Lowering, input: EngineTensor, report: String, cost: Graph.Cost, weightBytes: Int) {
    self.input = input
    output = lowering.output
    persistent = lowering.persistent
    constants = lowering.constants
    operations = lowering.operations
    self.report = report
    self.cost = cost
    self.weightBytes = weightBytes
  }

  /// Hands the operations over, and with them the weights.
  func takeOperations() -> [EngineOperation] {
    defer { operations = [] }
    return operations
  }
}
