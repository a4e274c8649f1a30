import SegmentationInference
import SegmentationModels
import Torch

extension Engine {
  /// A network in the engine, for the benchmark to time.
  /// - Parameters:
  ///   - model: In evaluation mode on `device`.
  ///   - calibration: For int8; `nil`: the first input, with this agreement.
  /// - Throws: `BenchmarkError` for a precision that the engine does not have.
  func makeTarget(
    _ model: SegmentationModel, precision: Precision, output: InferenceOptions.Output, device: Device,
    calibration: Calibration? = nil, agreement: Double = 0.99, selection: InferenceOptions.Selection = .estimated
  ) throws -> any BenchmarkTarget {
    switch self {
    case .eager: try EagerTarget(model, precision: precision, output: output, device: device)
    case .kernels:
      try KernelTarget(
        model, precision: precision, output: output, device: device, calibration: calibration, agreement: agreement,
        selection: selection)
    }
  }
}

/// Why something could not be measured, in one line.
public struct BenchmarkError: Error, CustomStringConvertible, Equatable, Sendable {
  public let description: String
  public init(_ description: String) { self.description = description }
}
