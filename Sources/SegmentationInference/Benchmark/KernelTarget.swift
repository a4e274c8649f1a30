import SegmentationModels
import Torch

/// A network in `InferenceEngine`.
final class KernelTarget: BenchmarkTarget {
  private let model: SegmentationModel
  private let options: InferenceOptions
  /// For int8; `nil`: the benchmark's own input.
  private let calibration: Calibration?
  private let agreement: Double
  private var engine: InferenceEngine?

  init(
    _ model: SegmentationModel, precision: BenchmarkPrecision, output: BenchmarkOutput, device: Device,
    calibration: Calibration?, agreement: Double
  ) throws {
    guard device.kind == .cpu else { throw BenchmarkError("--engine kernels runs on the CPU: use --engine eager") }
    let type: InferenceOptions.Precision
    switch precision {
    case .float32: type = .float32
    case .bfloat16: type = .bfloat16
    case .int8: type = .int8
    case .float16: throw BenchmarkError("kernels has float32, bfloat16 and int8, not \(precision.rawValue)")
    }
    self.calibration = calibration
    self.agreement = agreement
    self.model = model
    options = InferenceOptions(
      threads: Libtorch.threads, precision: type, output: output == .classes ? .classes : .logits)
  }

  func prepare(for input: Tensor) throws {
    let calibration = calibration ?? Calibration(tensors: [input], agreement: agreement)
    engine = try InferenceEngine(
      model, size: input.spatialSize, options: options,
      calibration: options.precision == .int8 ? calibration : nil)
  }

  var quantization: QuantizationReport? { engine?.quantization }

  func run(_ input: Tensor) throws -> Tensor { try engine!.run(input) }
}
