import Basics
import Foundation
import SegmentationImage
import SegmentationInference
import SegmentationModels
import Torch

/// Runs an `EngineJob` in this process. The process should do nothing else before, because the result includes its peak
/// memory.
public struct EngineMeasurement {
  private let job: EngineJob
  private let device: Device

  /// Creates the measurement of a job on a device.
  public init(_ job: EngineJob, device: Device) {
    self.job = job
    self.device = device
  }

  /// Loads the network and measures it.
  /// - Throws: `BenchmarkError`, or the errors of loading and running the network.
  public func run() throws -> EngineRun {
    Libtorch.threads = job.threads
    let target = try makeTarget()
    let input = try Npy.read(URL(filePath: job.input)).to(device: device)
    try target.prepare(for: input)
    Libtorch.keepFreedMemory()
    let first = try infer(target, input)
    let firstResultSeconds = Date().timeIntervalSince1970 - job.started
    let outputSize = first.spatialSize
    if let path = job.classMap, job.output == .classes {
      try first.to(device: .cpu).contiguous().withUnsafeBytes { try Data($0).write(to: URL(filePath: path)) }
    }
    let times = try job.budget.measure { _ = try infer(target, input) }
    let peakBytes = Libtorch.memory(of: device).peak
    let runsByThreads = target.runsByThreads
    let profile = job.withProfile == true ? try target.profile() : nil
    if job.withProfile == true, profile == nil { throw BenchmarkError("\(job.engine) has no profile") }
    return EngineRun(
      engine: job.engine.rawValue, library: "libtorch \(Libtorch.version)", latency: LatencySummary(seconds: times),
      firstResultSeconds: firstResultSeconds, peakBytes: peakBytes,
      outputSize: [outputSize.height, outputSize.width],
      pipeline: job.withPipeline && job.output == .classes ? try measurePipeline(target) : nil,
      quantization: target.quantization, work: target.work, runsByThreads: runsByThreads, profile: profile)
  }

  /// Creates the target, and keeps nothing of the network: the target decides what stays in memory.
  private func makeTarget() throws -> any BenchmarkTarget {
    let selection = job.choices.map { InferenceOptions.Selection.measured(file: URL(filePath: $0)) } ?? .estimated
    if let program = job.program {
      return KernelTarget(
        try ProgramFile(contentsOf: URL(filePath: program)), output: job.output, selection: selection)
    }
    let model = try withoutInitialization { try Architecture(name: job.network).makeModel(classes: job.classes) }.eval()
    try model.share(Checkpoint.readState(from: URL(filePath: job.weights)))
    let agreement = job.agreement ?? 0.99
    return try job.engine.makeTarget(
      model.to(device), precision: job.precision, output: job.output, device: device,
      calibration: job.calibration.map { try Calibration(folder: URL(filePath: $0), agreement: agreement) },
      agreement: agreement, selection: selection)
  }

  /// Runs the network and waits for its result.
  private func infer(_ target: any BenchmarkTarget, _ input: Tensor) throws -> Tensor {
    let result = try target.run(input)
    if device.kind != .cpu { Libtorch.synchronize(device) }
    return result
  }

  private func measurePipeline(_ target: any BenchmarkTarget) throws -> PipelineLatency {
    let size = try Npy.read(URL(filePath: job.input)).spatialSize
    let frame = URL(filePath: job.frame)
    let result = URL(filePath: job.scratch).appending(path: "classes-\(ProcessInfo.processInfo.processIdentifier).png")
    defer { try? FileManager.default.removeItem(at: result) }
    // These colors tell neighboring classes apart; their values do not affect the times.
    let palette = Palette((0...UInt8.max).map { value in RGB(value &* 67, value &* 151, value &* 29) })
    let clock = ContinuousClock()
    var stages = [[Double]](repeating: [], count: 5)
    func stage<Result>(_ index: Int, _ body: () throws -> Result) rethrows -> Result {
      let start = clock.now
      defer { stages[index].append(start.duration(to: clock.now).seconds) }
      return try body()
    }
    var budget = job.budget
    (budget.warmupRuns, budget.warmupSeconds) = (1, 0)
    let count = try budget.measure {
      let image = try stage(0) { try Image(contentsOf: frame) }
      let input = try stage(1) { try Normalization().tensor(image.resized(to: size)) }
      let classes = try stage(2) {
        let result = try infer(target, input.to(device: device))
        return Mask(height: size.height, width: size.width, values: result.elements())
      }
      withExtendedLifetime(stage(3) { classes.colored(by: palette) }) {}
      try stage(4) { try classes.write(to: result, palette: palette) }
    }.count
    func sum(_ chosen: ClosedRange<Int>) -> LatencySummary {
      LatencySummary(
        seconds: stages[0].indices.suffix(count).map { run in chosen.reduce(0) { $0 + stages[$1][run] } })
    }
    return PipelineLatency(
      reading: sum(0...0), preparation: sum(1...1), inference: sum(2...2), coloring: sum(3...3), writing: sum(4...4),
      withProcessing: sum(1...3), withFiles: sum(0...4))
  }
}
