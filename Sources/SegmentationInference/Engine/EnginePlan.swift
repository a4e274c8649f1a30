import CKernels
import Torch

/// A kernel with its arguments, which have their places when it runs.
struct EngineStep {
  /// How rows of the output depend on rows of the inputs; none: it makes the whole output at once.
  let bands: RowBands?
  /// Makes rows of the output, all if none are given; false where it failed.
  let run: (Range<Int>?) -> Bool

  init(bands: RowBands?, run: @escaping (Range<Int>?) -> Bool) {
    self.bands = bands
    self.run = run
  }

  /// One that makes the whole output.
  init(run: @escaping () -> Bool) { self.init(bands: nil) { _ in run() } }
}

/// One call of a kernel of a plan before memory is assigned.
struct EngineOperation {
  /// What a profile shows: the operator, and the module it comes from.
  let name: String
  let module: String
  let inputs: [EngineTensor]
  let outputs: [EngineTensor]
  let makeStep: (KernelPool) throws -> EngineStep

  var tensors: [EngineTensor] { inputs + outputs }
}

/// Calls of kernels in order, over one piece of memory: nothing is allocated in a run but by libtorch's operators, which
/// serve where there is no kernel.
final class EnginePlan {
  let arena: Arena
  private let pool: KernelPool
  private let operations: [(name: String, module: String)]
  private let steps: [EngineStep]
  private let calls: [BandSchedule.Call]
  /// Keeps the tensors' descriptions alive for the steps.
  private let tensors: [EngineTensor]

  init(_ operations: [EngineOperation], persistent: [EngineTensor], pool: KernelPool) throws {
    tensors = operations.flatMap(\.tensors) + persistent
    self.pool = pool
    self.operations = operations.map { ($0.name, $0.module) }
    steps = try operations.map { try $0.makeStep(pool) }
    let schedule = BandSchedule(operations, steps, persistent: persistent)
    calls = schedule.calls
    arena = Arena(schedule.groups.map { operations[$0].flatMap(\.tensors) }, persistent: persistent)
  }

  func run() throws {
    for call in calls { try run(call) }
  }

  private func run(_ call: BandSchedule.Call) throws {
    switch call {
    case .run(let operation, let rows): guard steps[operation].run(rows) else { throw failure(of: operation) }
    case .move(let map, let rows): map.move(rows)
    }
  }

  /// Runs, and measures each operation.
  func profile() throws -> [InferenceEngine.OperationTime] {
    var seconds = [Double](repeating: 0, count: steps.count)
    var operation = 0
    for call in calls {
      let start = ContinuousClock.now
      try run(call)
      let duration = ContinuousClock.now - start
      if case .run(let running, _) = call { operation = running }
      seconds[operation] +=
        Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
    }
    return zip(operations, seconds).map {
      InferenceEngine.OperationTime(name: $0.name, module: $0.module, seconds: $1)
    }
  }

  private func failure(of index: Int) -> EngineError {
    .kernel("\(operations[index].name) (\(operations[index].module)): \(lastKernelError())")
  }
}
