import Basics
import CKernels
import SegmentationImage
import Torch

/// A kernel with its arguments bound. The arguments have memory by the time the step runs.
struct EngineStep {
  /// How rows of the output depend on rows of the inputs; `nil` if the kernel makes the whole output at once.
  let bands: RowBands?
  /// Makes some rows of the output, or all of them for `nil`; returns false if the kernel failed.
  let run: (Range<Int>?) -> Bool

  init(bands: RowBands?, run: @escaping (Range<Int>?) -> Bool) {
    self.bands = bands
    self.run = run
  }

  /// A step that makes the whole output at once.
  init(run: @escaping () -> Bool) { self.init(bands: nil) { _ in run() } }
}

/// An operation of a plan before its tensors have memory.
struct EngineOperation {
  /// The operator's name, which a profile shows.
  let name: String
  /// The path of the module that the operator comes from, which a profile shows.
  let module: String
  let cost: Graph.Cost
  /// The name of the kernel that computes it; it is known once the step is made.
  let kernel: KernelName
  let inputs: [EngineTensor]
  let outputs: [EngineTensor]
  /// The convolution that this operation computes, if it is one; its weights are packed before its step is made.
  var convolution: KernelConvolution?
  /// Inputs whose memory the output may take if nothing reads them later.
  var replaceable: [EngineTensor] = []
  let makeStep: (KernelPool) throws -> EngineStep

  var tensors: [EngineTensor] { inputs + outputs }
}

/// The name of the kernel that computes an operation, as a profile shows it. It may change until the kernel is chosen.
final class KernelName {
  var text: String

  init(_ text: String) { self.text = text }
}

/// A network on the CPU: calls of kernels in order, over one piece of memory. A run allocates nothing, except in
/// libtorch's operators, which serve if there is no kernel.
final class EnginePlan: EngineBackend {
  private let arena: Arena
  private let input: EngineTensor
  private let output: EngineTensor
  private let pool: KernelPool
  private var governor: ThreadGovernor
  private let operations: [(name: String, module: String, cost: Graph.Cost, kernel: KernelName, output: [Int])]
  private let steps: [EngineStep]
  private let calls: [BandSchedule.Call]
  /// Keeps the tensors' descriptions alive for the steps.
  private let tensors: [EngineTensor]

  /// - Parameters:
  ///   - program: The operations, which the plan takes over; each frees its weights once they are packed.
  ///   - choices: The file of measured kernels, if the fastest kernel is to be found by measurement.
  init(_ program: EngineProgram, pool: KernelPool, choices: KernelChoices? = nil, cacheBytes: Int = 16 << 20) throws {
    let operations = program.takeOperations()
    let persistent = program.persistent
    (input, output) = (program.input, program.output)
    tensors = operations.flatMap(\.tensors) + persistent
    self.pool = pool
    governor = ThreadGovernor(most: pool.threads)
    self.operations = operations.map { operation in
      return (operation.name, operation.module, operation.cost, operation.kernel, operation.outputs.first?.sizes ?? [])
    }
    // The packed weights reuse the memory that building the operations took, and the maps reuse that of the weights.
    Libtorch.releaseUnusedMemory()
    let convolutions = operations.compactMap(\.convolution)
    pool.forEach(convolutions.count) { convolutions[$0].pack() }
    steps = try operations.map { try $0.makeStep(pool) }
    // A measurement runs an operation on whole maps, so no bands are made.
    let measures = choices != nil && convolutions.contains { $0.alternative != nil }
    let schedule = BandSchedule(operations, measures ? [] : steps, persistent: persistent, cacheBytes: cacheBytes)
    calls = schedule.calls
    arena = try Arena(operations, groups: schedule.groups, persistent: persistent)
    Libtorch.releaseUnusedMemory()
    arena.touch(pool)
    try choices?.measure(convolutions, pool)
    withoutGradients {
      for (tensor, source) in program.constants { tensor.view().copyInPlace(source) }
    }
  }

  var memory: Int { arena.bytes }

  func run(_ image: Image, normalization: Normalization) throws -> Tensor {
    try image.pixels.withUnsafeBufferPointer { pixels in
      var source = ck_map(
        data: UnsafeMutableRawPointer(mutating: pixels.baseAddress!), height: Int32(image.height),
        width: Int32(image.width), channels: 3, type: CK_UINT8, row: Int64(image.width * 3), pixel: 3)
      var target = inputMap(height: image.height, width: image.width)
      guard ck_normalize_image(pool.handle, &source, &target, normalization.scale, normalization.shift) else {
        throw EngineError.lastKernelFailure()
      }
    }
    return try run()
  }

  func run(_ image: Tensor) throws -> Tensor {
    let planes = image.to(dtype: .float32, device: .cpu).contiguous()
    try planes.withUnsafeBytes { bytes in
      var target = inputMap(height: image.size(2), width: image.size(3))
      guard ck_from_planes(pool.handle, bytes.baseAddress!.assumingMemoryBound(to: Float.self), &target) else {
        throw EngineError.lastKernelFailure()
      }
    }
    return try run()
  }

  /// The part of the input map that an image fills.
  private func inputMap(height: Int, width: Int) -> ck_map {
    var map = input.map.pointee
    (map.height, map.width) = (Int32(height), Int32(width))
    return map
  }

  private func run() throws -> Tensor {
    let (start, interruptions) = (ContinuousClock.now, ThreadGovernor.interruptions)
    for call in calls { try run(call) }
    governor.record(
      seconds: (ContinuousClock.now - start).seconds, interruptions: ThreadGovernor.interruptions - interruptions)
    pool.threads = governor.threads
    return output.view()
  }

  private func run(_ call: BandSchedule.Call) throws {
    switch call {
    case .run(let operation, let rows): guard steps[operation].run(rows) else { throw failure(of: operation) }
    case .move(let map, let rows): map.move(rows)
    }
  }

  func profile(runs: Int) throws -> [OperationTime] {
    let clock = ContinuousClock()
    var times = [[Double]](repeating: [], count: steps.count)
    for _ in 0..<runs {
      var seconds = [Double](repeating: 0, count: steps.count)
      var operation = 0
      for call in calls {
        let start = clock.now
        try run(call)
        if case .run(let running, _) = call { operation = running }
        seconds[operation] += start.duration(to: clock.now).seconds
      }
      for (index, duration) in seconds.enumerated() { times[index].append(duration) }
    }
    return zip(operations, times).map { operation, times in
      OperationTime(
        name: operation.name, kernel: operation.kernel.text, module: operation.module, outputShape: operation.output,
        seconds: times.median ?? 0, multiplyAccumulates: operation.cost.multiplyAccumulates,
        bytes: operation.cost.bytesRead + operation.cost.bytesWritten)
    }.filter { $0.bytes > 0 }
  }

  private func failure(of index: Int) -> EngineError {
    .lastKernelFailure("\(operations[index].name) (\(operations[index].module))")
  }
}
