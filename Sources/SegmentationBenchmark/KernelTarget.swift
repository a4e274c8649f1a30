import SegmentationInference
import SegmentationModels
import Torch

/// A network that `InferenceEngine` runs.
final class KernelTarget: BenchmarkTarget {
  /// The compiled network, if there is one in place of the model.
  private var program: ProgramFile?
  /// The network, until the engine has its weights.
  private var model: SegmentationModel?
  private let options: InferenceOptions
  /// The images for int8 to be calibrated on; `nil` takes the benchmark's own input.
  private let calibration: Calibration?
  private let agreement: Double
  private var engine: InferenceEngine?

  init(
    _ model: SegmentationModel, precision: Precision, output: InferenceOptions.Output, device: Device,
    calibration: Calibration?, agreement: Double, selection: InferenceOptions.Selection
  ) throws {
    self.calibration = calibration
    self.agreement = agreement
    self.model = model
    options = InferenceOptions(
      device: device, threads: Libtorch.threads, precision: precision,
      output: output, selection: selection)
  }

  /// Takes a compiled network.
  init(_ program: ProgramFile, output: InferenceOptions.Output, selection: InferenceOptions.Selection) {
    self.program = program
    (calibration, agreement) = (nil, 0)
    options = InferenceOptions(threads: Libtorch.threads, output: output, selection: selection)
  }

  func prepare(for input: Tensor) throws {
    if let program { engine = try InferenceEngine(program, size: input.spatialSize, options: options) }
    guard let network = model.take() else { return }
    let calibration = calibration ?? Calibration(tensors: [input], agreement: agreement)
    engine = try InferenceEngine(
      consume network, size: input.spatialSize, options: options,
      calibration: options.precision == .int8 ? calibration : nil)
  }

  var quantization: QuantizationReport? { engine?.quantization }

  var work: EngineWork? {
    guard let engine, let cost = engine.cost else { return nil }
    return EngineWork(
      multiplyAccumulates: cost.multiplyAccumulates, weightBytes: engine.weightBytes,
      activationBytes: cost.bytesWritten, mapBytes: engine.memory)
  }

  var runsByThreads: [Int]? { engine.map(\.runsByThreads).flatMap { $0.isEmpty ? nil : $0 } }

  func profile() throws -> [OperationTime]? { try engine?.profile(runs: 20) }

  func run(_ input: Tensor) throws -> Tensor { try engine!.run(input) }
}
