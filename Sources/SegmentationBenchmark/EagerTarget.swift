import SegmentationInference
import SegmentationModels
import Torch

/// libtorch's operators one after the other, channels last, as `Predictor` runs them.
final class EagerTarget: BenchmarkTarget {
  private let model: SegmentationModel
  private let precision: DType?
  private let output: InferenceOptions.Output
  private let device: Device

  init(
    _ model: SegmentationModel, precision: Precision, output: InferenceOptions.Output, device: Device
  ) throws {
    if precision == .int8 { throw BenchmarkError("eager has no int8: choose float32, bfloat16 or float16") }
    self.model = model
    self.precision = precision.mixed
    self.output = output
    self.device = device
  }

  func prepare(for input: Tensor) throws {}

  func run(_ input: Tensor) throws -> Tensor {
    try catchingTorchErrors {
      withoutGradients {
        let logits = autocast(precision, device: device) { model.logits(input.contiguous(.channelsLast)) }
        switch output {
        case .classes: return logits.argmax(dimension: 1).to(dtype: .uint8)
        case .logits: return logits.to(dtype: .float32)
        }
      }
    }
  }
}
