import SegmentationInference
import SegmentationModels
import Torch

extension Engine {
  /// Creates a network in the engine for the benchmark to time.
  /// - Parameters:
  ///   - model: The network, in evaluation mode on `device`.
  ///   - calibration: The images for int8 to be calibrated on; `nil` takes the first input, with `agreement`.
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

/// The reason why something could not be measured.
public struct BenchmarkError: Error, CustomStringConvertible, Equatable, Sendable {
  /// The reason, in one line.
  public let description: String
  /// Creates an error with a reason of one line.
  public init(_ description: String) { self.description = description }
}
