import CKernels
import Torch

/// One call of a kernel, with all its arguments; false where it failed.
typealias Step = () -> Bool

/// An operation of a plan before memory is assigned.
struct EngineOperation {
  /// What a profile shows: the operator, and the module it comes from.
  let name: String
  let module: String
  let tensors: [EngineTensor]
  /// Makes the call; the tensors have their places then.
  let makeStep: (KernelPool) throws -> Step
}

/// Calls of kernels in order, over one piece of memory: nothing is allocated in a run but by libtorch's operators, which
/// serve where there is no kernel.
final class EnginePlan {
  let arena: Arena
  private let pool: KernelPool
  private let operations: [(name: String, module: String)]
  private let steps: [Step]
  /// Keeps the tensors' descriptions alive for the steps.
  private let tensors: [EngineTensor]

  init(_ operations: [EngineOperation], persistent: [EngineTensor], pool: KernelPool) throws {
    tensors = operations.flatMap(\.tensors) + persistent
    arena = Arena(operations.map(\.tensors), persistent: persistent)
    self.pool = pool
    self.operations = operations.map { ($0.name, $0.module) }
    steps = try operations.map { try $0.makeStep(pool) }
  }

  func run() throws {
    for (index, step) in steps.enumerated() where !step() { throw failure(of: index) }
  }

  /// Runs, and measures each operation.
  func profile() throws -> [InferenceEngine.OperationTime] {
    var timings: [InferenceEngine.OperationTime] = []
    for (index, step) in steps.enumerated() {
      let start = ContinuousClock.now
      guard step() else { throw failure(of: index) }
      let duration = ContinuousClock.now - start
      timings.append(
        InferenceEngine.OperationTime(
          name: operations[index].name, module: operations[index].module,
          seconds: Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18))
    }
    return timings
  }

  private func failure(of index: Int) -> EngineError {
    .kernel("\(operations[index].name) (\(operations[index].module)): \(lastKernelError())")
  }
}
