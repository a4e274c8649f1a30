import SegmentationModels
import Torch

/// A network in `InferenceEngine`.
final class KernelTarget: BenchmarkTarget {
  private let model: SegmentationModel
  private let options: InferenceOptions
  private var engine: InferenceEngine?

  init(
    _ model: SegmentationModel, precision: BenchmarkPrecision, output: BenchmarkOutput, device: Device
  ) throws {
    guard device.kind == .cpu else { throw BenchmarkError("--engine kernels runs on the CPU: use --engine eager") }
    let type: InferenceOptions.Precision
    switch precision {
    case .float32: type = .float32
    case .bfloat16: type = .bfloat16
    case .float16, .int8: throw BenchmarkError("kernels has float32 and bfloat16, not \(precision.rawValue)")
    }
    self.model = model
    options = InferenceOptions(
      threads: Libtorch.threads, precision: type, output: output == .classes ? .classes : .logits)
  }

  func prepare(for input: Tensor) throws {
    engine = try InferenceEngine(model, size: input.spatialSize, options: options)
  }

  func run(_ input: Tensor) throws -> Tensor { try engine!.run(input) }
}
