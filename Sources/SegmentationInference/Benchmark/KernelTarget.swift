import SegmentationModels
import Torch

/// A network in `InferenceEngine`.
final class KernelTarget: BenchmarkTarget {
  /// Until the engine has its weights.
  private var model: SegmentationModel?
  private let options: InferenceOptions
  private var engine: InferenceEngine?

  init(
    _ model: SegmentationModel, precision: BenchmarkPrecision, output: BenchmarkOutput, device: Device,
    selection: InferenceOptions.Selection
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
      threads: Libtorch.threads, precision: type, output: output == .classes ? .classes : .logits,
      selection: selection)
  }

  func prepare(for input: Tensor) throws {
    guard let network = model.take() else { return }
    engine = try InferenceEngine(network, size: input.spatialSize, options: options)
  }

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
