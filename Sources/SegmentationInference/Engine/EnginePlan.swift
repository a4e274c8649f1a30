import CKernels
import Torch

/// One call of a kernel, with all its arguments; false where it failed.
typealias Step = () -> Bool

/// An operation of a plan before memory is assigned.
struct EngineOperation {
  /// What a profile shows: the operator, and the module it comes from.
  let name: String
  let module: String
  let cost: Graph.Cost
  /// What computes it, known once the step is made.
  let kernel: KernelName
  let tensors: [EngineTensor]
  let output: EngineTensor?
  /// A convolution whose weights are to be packed before its step is made.
  var convolution: KernelConvolution?
  /// Inputs whose memory the output may take, where nothing reads them later.
  var replaceable: [EngineTensor] = []
  /// Makes the call; the tensors have their places then.
  let makeStep: (KernelPool) throws -> Step
}

/// What computes an operation, for people.
final class KernelName {
  var text: String

  init(_ text: String) { self.text = text }
}

/// Calls of kernels in order, over one piece of memory: nothing is allocated in a run but by libtorch's operators, which
/// serve where there is no kernel.
final class EnginePlan {
  let arena: Arena
  private let pool: KernelPool
  private let operations: [(name: String, module: String, cost: Graph.Cost, kernel: KernelName, output: [Int])]
  private let steps: [Step]
  /// Keeps the tensors' descriptions alive for the steps.
  private let tensors: [EngineTensor]

  /// - Parameters:
  ///   - operations: Each lets go of its weights once they are packed.
  ///   - choices: Where the fastest kernels are to be found by measurement.
  init(
    _ operations: [EngineOperation], persistent: [EngineTensor], pool: KernelPool, choices: KernelChoices?
  ) throws {
    tensors = operations.flatMap(\.tensors) + persistent
    arena = Arena(operations, persistent: persistent)
    self.pool = pool
    self.operations = operations.map { operation in
      return (operation.name, operation.module, operation.cost, operation.kernel, operation.output?.sizes ?? [])
    }
    let convolutions = operations.compactMap(\.convolution)
    pool.forEach(convolutions.count) { convolutions[$0].pack() }
    steps = try operations.map { try $0.makeStep(pool) }
    // Now that the weights are packed, the maps take their memory.
    Libtorch.releaseUnusedMemory()
    arena.touch(pool)
    try choices?.measure(convolutions, pool)
  }

  func run() throws {
    for (index, step) in steps.enumerated() where !step() { throw failure(of: index) }
  }

  /// Runs a few times, and gives the median time of each operation.
  func profile(runs: Int) throws -> [OperationTime] {
    let clock = ContinuousClock()
    var times = [[Double]](repeating: [], count: steps.count)
    for _ in 0..<runs {
      for (index, step) in steps.enumerated() {
        let start = clock.now
        guard step() else { throw failure(of: index) }
        times[index].append(start.duration(to: clock.now).inSeconds)
      }
    }
    return zip(operations, times).map { operation, times in
      OperationTime(
        name: operation.name, kernel: operation.kernel.text, module: operation.module, outputShape: operation.output,
        seconds: times.median ?? 0, multiplyAccumulates: operation.cost.multiplyAccumulates,
        bytes: operation.cost.bytesRead + operation.cost.bytesWritten)
    }.filter { $0.bytes > 0 }
  }

  private func failure(of index: Int) -> EngineError {
    .kernel("\(operations[index].name) (\(operations[index].module)): \(lastKernelError())")
  }
}
