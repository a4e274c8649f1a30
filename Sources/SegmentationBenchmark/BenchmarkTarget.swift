import SegmentationInference
import Torch

/// A network in an inference engine, for the benchmark to time.
///
/// Implementations belong to one thread. A new engine is one type like this and one case of `Engine.makeTarget`.
public protocol BenchmarkTarget: AnyObject {
  /// Gets ready for inputs like this one: packs weights, plans memory. Called once, before the first run; its time counts
  /// as time to the first result.
  func prepare(for input: Tensor) throws

  /// One inference: float32 [1, 3, H, W] on the target's device in; out what the target was made for, uint8 [1, H, W] or
  /// float32 [1, classes, H, W]. The next run may overwrite the result.
  func run(_ input: Tensor) throws -> Tensor

  /// What is computed in int8, once prepared; `nil` for other precisions.
  var quantization: QuantizationReport? { get }

  /// What one inference takes, once prepared; `nil` where the target cannot tell.
  var work: EngineWork? { get }

  /// The time of each operation over some runs on the last input; `nil` where the target cannot tell.
  func profile() throws -> [OperationTime]?
}

extension BenchmarkTarget {
  public var quantization: QuantizationReport? { nil }
  public var work: EngineWork? { nil }
  public func profile() throws -> [OperationTime]? { nil }
}
