import SegmentationInference
import SegmentationModels
import Torch

/// A network in `InferenceEngine`.
final class KernelTarget: BenchmarkTarget {
  /// Until the engine has its weights.
  private var model: SegmentationModel?
  private let options: InferenceOptions
  /// For int8; `nil`: the benchmark's own input.
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

  func prepare(for input: Tensor) throws {
    guard let network = model.take() else { return }
    let calibration = calibration ?? Calibration(tensors: [input], agreement: agreement)
    engine = try InferenceEngine(
      consume network, size: input.spatialSize, options: options,
      calibration: options.precision == .int8 ? calibration : nil)
  }

  var quantization: QuantizationReport? { engine?.quantization }

  var work: EngineWork? {
    engine.map {
      EngineWork(
        multiplyAccumulates: $0.cost.multiplyAccumulates, weightBytes: $0.weightBytes,
        activationBytes: $0.cost.bytesWritten, mapBytes: $0.memory)
    }
  }

  func profile() throws -> [OperationTime]? { try engine?.profile(runs: 20) }

  func run(_ input: Tensor) throws -> Tensor { try engine!.run(input) }
}
